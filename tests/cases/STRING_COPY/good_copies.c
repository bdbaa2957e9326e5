/* SPDX-License-Identifier: MIT */
// profile: pthread
/* What fits provably, is checked, or is ended by hand. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Channel {
    char name[16];
    char *path;
} Channel;

void literal_fits(Channel *c);
void literal_fits(Channel *c)
{
    strcpy(c->name, "default-channel");
}

void format_fits(unsigned n, char *out);
void format_fits(unsigned n, char *out)
{
    char buffer[32];

    sprintf(buffer, "channel-%u", n);
    *out = buffer[8];
}

void precision_fits(const char *s, char *out);
void precision_fits(const char *s, char *out)
{
    char buffer[16];

    sprintf(buffer, "<%.8s>", s);
    *out = buffer[1];
}

void array_fits(Channel *to, const Channel *from);
void array_fits(Channel *to, const Channel *from)
{
    strcpy(to->name, from->name);
}

char *allocated_to_measure(const char *s);
char *allocated_to_measure(const char *s)
{
    char *copy = malloc(strlen(s) + 1);

    if (copy) {
        strcpy(copy, s);
    }
    return copy;
}

/* Two digits a byte. */
void given_size_fits(const unsigned char *id, char *out);
void given_size_fits(const unsigned char *id, char *out)
{
    snprintf(out, 8, "%02hhx-%02hhx", id[0], id[1]);
}

int result_looked_at(Channel *c, const char *s);
int result_looked_at(Channel *c, const char *s)
{
    if (snprintf(c->name, sizeof(c->name), "%s", s) >=
        (int)sizeof(c->name)) {
        return -1;
    }
    return 0;
}

void ended_by_hand(Channel *c, const char *s);
void ended_by_hand(Channel *c, const char *s)
{
    strncpy(c->name, s, sizeof(c->name) - 1);
    c->name[sizeof(c->name) - 1] = '\0';
}
