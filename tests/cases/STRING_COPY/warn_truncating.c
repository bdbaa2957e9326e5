/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Copies that cut, or do not end the string: hidden unless asked for. */
#include <stdio.h>
#include <string.h>

typedef struct Header {
    char id[8];
    char label[64];
} Header;

void fill_id(Header *h, const char *id);
void fill_id(Header *h, const char *id)
{
    strncpy(h->id, id, sizeof(h->id)); // expect-low: STRING_COPY
}

void fill_label(Header *h, const char *text);
void fill_label(Header *h, const char *text)
{
    strncpy(h->label, text, 60); // expect-low: STRING_COPY
}

void print_label(Header *h, const char *text, int n);
void print_label(Header *h, const char *text, int n)
{
    snprintf(h->label, sizeof(h->label), "%s-%d", text, n); // expect-low: STRING_COPY
}

void fill_both(Header *to, const Header *from);
void fill_both(Header *to, const Header *from)
{
    strncpy(to->id, from->id, sizeof(to->id)); // expect-low: STRING_COPY
    strncpy(to->label, from->label, sizeof(to->label));
    to->label[63] = '\0';
}

void append(Header *h, const char *text);
void append(Header *h, const char *text)
{
    strncat(h->label, text, 8); // expect-low: STRING_COPY
}
