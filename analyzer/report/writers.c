/* SPDX-License-Identifier: MIT */
#include "report/writer.h"

#include <string.h>

static const HfWriter *const writers[] = {
    &hf_writer_text,
    &hf_writer_coverity,
    &hf_writer_coverity_json,
    &hf_writer_sarif,
    &hf_writer_gitlab,
    &hf_writer_rdjsonl,
    NULL,
};

const HfWriter *const *hf_writers(void)
{
    return writers;
}

const HfWriter *hf_writer_find(const char *name)
{
    for (guint i = 0; name && writers[i]; i++) {
        if (strcmp(writers[i]->name, name) == 0) {
            return writers[i];
        }
    }
    return NULL;
}
