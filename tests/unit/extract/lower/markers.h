/* SPDX-License-Identifier: MIT */
#define coroutine_fn
#define IO_CODE()
#define GLOBAL_STATE_CODE() do { } while (0)

int coroutine_fn declared_in_header(int n);
void plain_in_header(void);
coroutine_fn
void /* coroutine_fn in a comment */ on_its_own_line(void);
typedef void coroutine_fn entry(void *opaque);
typedef int coroutine_fn (*entry_pointer)(void *opaque);

struct driver {
    int (*plain)(void);
    int coroutine_fn (*read)(struct driver *d);
    void (coroutine_fn *inside)(void);
    void (*behind)(void) coroutine_fn;
    entry *start;
    entry_pointer resume;
    int (*parameter)(int (coroutine_fn *cb)(void));
    int coroutine_fn_data;
};
