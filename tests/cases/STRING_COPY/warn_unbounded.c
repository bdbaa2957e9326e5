/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Copies that nothing limits. */
#include <stdio.h>
#include <string.h>

typedef struct Channel {
    char name[16];
    char *path;
} Channel;

typedef struct Label {
    char text[64];
} Label;

void set_name(Channel *c, const char *name);
void set_name(Channel *c, const char *name)
{
    strcpy(c->name, name); // expect-low: STRING_COPY
}

/* Up to 64 bytes into 16. */
void copy_label(Channel *c, const Label *l);
void copy_label(Channel *c, const Label *l)
{
    strcpy(c->name, l->text); // expect: STRING_COPY
}

int on_the_stack(const char *name);
int on_the_stack(const char *name)
{
    char key[24];

    strcpy(key, name); // expect: STRING_COPY
    return key[0];
}

int print_name(const Channel *c, char *line);
int print_name(const Channel *c, char *line)
{
    char buffer[32];

    sprintf(buffer, "channel %s", c->path); // expect: STRING_COPY
    return buffer[0] == *line;
}

/* 17 bytes into 16. */
void set_default(Channel *c);
void set_default(Channel *c)
{
    strcpy(c->name, "default-channel0"); // expect: STRING_COPY
}

void add_suffix(Channel *c, const char *suffix);
void add_suffix(Channel *c, const char *suffix)
{
    strcat(c->name, suffix); // expect-low: STRING_COPY
}

/* Not known how much room there is. */
void copy_path(Channel *c, const char *path);
void copy_path(Channel *c, const char *path)
{
    strcpy(c->path, path); // expect-low: STRING_COPY
}

/* The number may be long. */
void number(int n, char *out);
void number(int n, char *out)
{
    char digits[8];

    sprintf(digits, "%d", n); // expect-low: STRING_COPY
    *out = digits[0];
}
