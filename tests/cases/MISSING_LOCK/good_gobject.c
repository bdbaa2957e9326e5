/* SPDX-License-Identifier: MIT */
// profile: glib
/* An object of GObject's is its maker's own while it is set up, and its
 * destroyer's when the last reference is gone. */
typedef struct _GMutex { int p; } GMutex;
typedef struct _GObject { int refs; } GObject;
typedef struct _GObjectClass {
    void (*constructed)(GObject *object);
    void (*dispose)(GObject *object);
    void (*finalize)(GObject *object);
} GObjectClass;
typedef unsigned long GType;

void g_mutex_lock(GMutex *m);
void g_mutex_unlock(GMutex *m);
void *g_type_check_instance_cast(void *instance, GType type);
GType g_type_register_static_simple(GType parent, const char *name,
                                    unsigned class_size,
                                    void (*class_init)(void *, void *),
                                    unsigned size,
                                    void (*init)(void *, void *), int flags);

typedef struct {
    GObject base;
    GMutex lock;
    int level;
    int limit;
} Tank;

static void tank_reset(Tank *t)
{
    t->level = 0;
    t->limit = 10;
}

static void tank_init(void *self, void *klass)
{
    Tank *t = self;

    tank_reset(t);
}

static void tank_finalize(GObject *object)
{
    Tank *t = g_type_check_instance_cast(object, 1);

    t->level = -1;
    t->limit = 0;
}

static void tank_class_init(void *klass, void *data)
{
    GObjectClass *c = klass;

    c->finalize = tank_finalize;
}

GType tank_get_type(void)
{
    return g_type_register_static_simple(1, "Tank", sizeof(GObjectClass),
                                         tank_class_init, sizeof(Tank),
                                         tank_init, 0);
}

void tank_fill(Tank *t, int n)
{
    g_mutex_lock(&t->lock);
    if (t->level + n < t->limit) {
        t->level += n;
    }
    g_mutex_unlock(&t->lock);
}

void tank_drain(Tank *t, int n)
{
    g_mutex_lock(&t->lock);
    t->level -= n;
    t->limit += n;
    g_mutex_unlock(&t->lock);
}
