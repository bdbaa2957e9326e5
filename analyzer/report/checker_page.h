/* SPDX-License-Identifier: MIT */
/*
 * checker_page.h - what a checker's Markdown page says about it.
 *
 * The page is the only text about a checker; formats that carry help take it
 * from here.  Read from it are
 *   the title      "# CHECKER: what it finds"
 *   the summary    the first paragraph after the title
 *   the category   a line "Category: ..."
 * Without a page the checker's name has to do.  Private to report/.
 */
#ifndef HOLDFAST_CHECKER_PAGE_H
#define HOLDFAST_CHECKER_PAGE_H

#include <glib.h>

typedef struct {
    char *title;    /* "access without the inferred lock" */
    char *summary;  /* on one line */
    char *category; /* "Concurrent data access violations" */
    char *text;     /* the whole page */
} HfCheckerPage;

/* dir may be NULL; never returns NULL and every string is set. */
HfCheckerPage *hf_checker_page_load(const char *dir, const char *checker);
void hf_checker_page_free(HfCheckerPage *p);

/* Pages by checker's name, each read once. */
typedef struct {
    const char *dir;
    GHashTable *by_name;
} HfCheckerPages;

void hf_checker_pages_init(HfCheckerPages *p, const char *dir);
void hf_checker_pages_clear(HfCheckerPages *p);
const HfCheckerPage *hf_checker_pages_get(HfCheckerPages *p,
                                          const char *checker);

/* "MISSING_LOCK" -> "Missing lock"; free it. */
char *hf_checker_words(const char *name);

#endif
