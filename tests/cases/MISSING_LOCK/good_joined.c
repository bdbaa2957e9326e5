/* SPDX-License-Identifier: MIT */
// profile: glib
/* The threads have ended: their handles are results that local variables keep,
 * elements of an array, or parameters of a wrapper that copies what it is
 * given. */
#include <stddef.h>

typedef void *gpointer;
typedef gpointer (*GThreadFunc)(gpointer data);
typedef struct { int i; } GMutex;
typedef struct _GThread GThread;
void g_mutex_lock(GMutex *mutex);
void g_mutex_unlock(GMutex *mutex);
GThread *g_thread_new(const char *name, GThreadFunc func, gpointer data);
gpointer g_thread_join(GThread *thread);
gpointer g_malloc(size_t size);
void g_free(gpointer mem);

typedef struct {
    GMutex lock;
    int value;
} Box;

static Box first, second, third;

static int box_add(Box *b, int n)
{
    int value;

    g_mutex_lock(&b->lock);
    b->value += n;
    value = b->value;
    g_mutex_unlock(&b->lock);
    return value;
}

static gpointer adds_first(gpointer opaque)
{
    box_add(&first, 1);
    return opaque;
}

static gpointer adds_second(gpointer opaque)
{
    box_add(&second, 1);
    return opaque;
}

static gpointer adds_third(gpointer opaque)
{
    box_add(&third, 1);
    return opaque;
}

typedef struct {
    GThreadFunc run;
    gpointer opaque;
} Task;

static gpointer task_main(gpointer opaque)
{
    Task task = *(Task *)opaque;

    g_free(opaque);
    return task.run(task.opaque);
}

static GThread *task_start(GThreadFunc run, gpointer opaque)
{
    Task *task = g_malloc(sizeof(*task));

    task->run = run;
    task->opaque = opaque;
    return g_thread_new("task", task_main, task);
}

int main(void)
{
    GThread *one = g_thread_new("one", adds_first, NULL);
    GThread *two[2];
    GThread *three;
    int sum;

    box_add(&first, 2);
    g_thread_join(one);
    sum = first.value;
    two[0] = g_thread_new("two", adds_second, NULL);
    two[1] = g_thread_new("two", adds_second, NULL);
    box_add(&second, 2);
    for (int i = 0; i < 2; i++) {
        g_thread_join(two[i]);
    }
    sum += second.value;
    three = task_start(adds_third, NULL);
    box_add(&third, 2);
    g_thread_join(three);
    return sum + third.value;
}
