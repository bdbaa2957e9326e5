# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Sourced by those that fetch source packages.

# The archive the system takes Debian's main section from, as a line of
# sources.list without its suite: "[options] URI".
system_archive() {
    local sources=/etc/apt/sources.list.d list
    # deb822 stanzas first, then one-line entries
    for list in "$sources"/*.sources; do
        [ -r "$list" ] || continue
        awk '
            function flush_stanza(  i, n, uri, word) {
                if (types ~ /(^| )deb( |$)/ && enabled != "no" &&
                    (" " components " ") ~ / main / &&
                    (" " suites " ") ~ / (bookworm|oldstable|stable) /) {
                    n = split(uris, uri, " ")
                    options = ""
                    if (signed ~ /^\//)
                        options = "signed-by=" signed
                    if (trusted == "yes")
                        options = options " trusted=yes"
                    sub(/^ /, "", options)
                    for (i = 1; i <= n; i++)
                        print (options ? "[" options "] " : "") uri[i]
                }
                types = suites = components = uris = ""
                signed = trusted = enabled = ""
            }
            /^#/ { next }
            /^[[:space:]]*$/ { flush_stanza(); next }
            {
                at = index($0, ":")
                key = tolower(substr($0, 1, at - 1))
                value = substr($0, at + 1)
                gsub(/^[[:space:]]+|[[:space:]]+$/, "", value)
                if (key == "types") types = value
                else if (key == "uris") uris = value
                else if (key == "suites") suites = value
                else if (key == "components") components = value
                else if (key == "signed-by") signed = value
                else if (key == "trusted") trusted = value
                else if (key == "enabled") enabled = value
            }
            END { flush_stanza() }' "$list"
    done
    for list in /etc/apt/sources.list "$sources"/*.list; do
        [ -r "$list" ] || continue
        sed -nE 's/^deb[[:space:]]+((\[[^]]*\][[:space:]]+)?[^[:space:]]+)[[:space:]]+(bookworm|oldstable|stable)[[:space:]]+(.*[[:space:]])?main([[:space:]].*)?$/\1/p' "$list"
    done
}
