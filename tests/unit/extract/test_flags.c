/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "extract/clang_env.h"
#include "extract/flags.h"
#include <string.h>

/* What is left of a command, joined by blanks. */
static char *clean(const char *command, HfFlags *flags)
{
    GError *error = NULL;
    char **argv;
    char *left;

    assert_true(g_shell_parse_argv(command, NULL, &argv, NULL));
    if (!hf_flags_clean("/", argv, flags, &error)) {
        fail_msg("%s", error->message);
    }
    left = g_strjoinv(" ", (char **)flags->args->pdata);
    g_strfreev(argv);
    return left;
}

static void assert_left(const char *command, const char *want)
{
    HfFlags flags;
    char *left = clean(command, &flags);

    assert_string_equal(left, want);
    g_free(left);
    hf_flags_clear(&flags);
}

static void what_changes_the_source_stays(void **state)
{
    assert_left("cc -DX -D Y=1 -UZ -Ia -I b -isystem c -isysteml -iquote d "
                "-include e.h -std=gnu11 -O2 -m64 -pthread -fPIE x.c",
                "-DX -D Y=1 -UZ -Ia -I b -isystem c -isysteml -iquote d "
                "-include e.h -std=gnu11 -O2 -m64 -pthread -fPIE");
}

static void what_steers_the_compiler_goes(void **state)
{
    assert_left("cc -Wall -Werror=x -g3 -pipe -c -o a.o -MD -MMD -MP -MF a.d "
                "-MQ a -MT b -MFjoined -fno-strict-aliasing -fwrapv "
                "-fno-common -fstrict-volatile-bitfields --param x=1 "
                "-Wl,-z,now -L/lib -lfoo -fplugin=x -save-temps a.c", "");
}

static void values_are_not_taken_for_options(void **state)
{
    assert_left("cc -I -odd -D -c -include -Wall x.c",
                "-I -odd -D -c -include -Wall");
}

static void output_and_language_are_found(void **state)
{
    HfFlags flags;
    char *left = clean("ccache g++ -o x.o -x c x.cc", &flags);

    assert_string_equal(left, "");
    assert_string_equal(flags.output, "x.o");
    assert_string_equal(flags.language, "c");
    assert_true(flags.cplusplus);
    g_free(left);
    hf_flags_clear(&flags);
    left = clean("cc -ojoined.o -xassembler x", &flags);
    assert_string_equal(flags.output, "joined.o");
    assert_string_equal(flags.language, "assembler");
    assert_false(flags.cplusplus);
    g_free(left);
    hf_flags_clear(&flags);
}

static void cross_compilers_give_a_target(void **state)
{
    assert_left("/opt/bin/aarch64-linux-gnu-gcc-12 -DX a.c",
                "--target=aarch64-linux-gnu -DX");
    assert_left("x86_64-linux-gnu-gcc a.c", "--target=x86_64-linux-gnu");
    assert_left("my-gcc-wrapper -DX a.c", "-DX");
    assert_left("gcc-12 -DX a.c", "-DX");
    assert_left("env A=b ccache gcc -DX a.c", "-DX");
}

static void preprocessor_arguments_are_unpacked(void **state)
{
    assert_left("cc -Wp,-MD,x.d,-DX,-D,Y -Xpreprocessor -DZ a.c",
                "-DX -D Y -DZ");
}

static void foreign_precompiled_headers_stay_out(void **state)
{
    assert_left("clang -Xclang -include-pch -Xclang a.pch -Xclang -include "
                "-Xclang a.h -include-pch b.pch -Xclang -load -Xclang p.so "
                "-Winvalid-pch x.c",
                "-Xclang -include -Xclang a.h");
}

static void options_at_the_end_lack_their_value(void **state)
{
    assert_left("cc -DX -I", "-DX");
    assert_left("cc -o", "");
    assert_left("cc -Xclang", "");
    assert_left("cc -x", "");
}

static void an_empty_command_is_an_error(void **state)
{
    char *argv[] = { NULL };
    GError *error = NULL;
    HfFlags flags;

    assert_false(hf_flags_clean("/", argv, &flags, &error));
    assert_non_null(strstr(error->message, "empty"));
    g_error_free(error);
    hf_flags_clear(&flags);
}

/* ---- with clang --------------------------------------------------------- */

static void clang_is_asked_about_values(void **state)
{
    char *args[] = { (char *)"-mavx2", (char *)"-mindirect-branch=thunk",
                     (char *)"-march=no-such-cpu", (char *)"-std=gnu11",
                     (char *)"-std=gnu4711", NULL };
    HfCompileEntry entry = { .args = args };
    GError *error = NULL;
    HfClangEnv *env = hf_clang_env_new(NULL, &error);
    char **all;

    assert_non_null(env);
    all = hf_clang_env_args(env, &entry, NULL);
    assert_true(g_strv_contains((const char *const *)all, "-mavx2"));
    assert_true(g_strv_contains((const char *const *)all, "-std=gnu11"));
    assert_true(g_strv_contains((const char *const *)all,
                                "-D__HOLDFAST__=1"));
    assert_false(g_strv_contains((const char *const *)all,
                                 "-mindirect-branch=thunk"));
    assert_false(g_strv_contains((const char *const *)all,
                                 "-march=no-such-cpu"));
    assert_false(g_strv_contains((const char *const *)all, "-std=gnu4711"));
    g_strfreev(all);
    hf_clang_env_free(env);
}

static void a_wrong_resource_directory_is_an_error(void **state)
{
    GError *error = NULL;

    assert_null(hf_clang_env_new("/nonexistent", &error));
    assert_true(g_error_matches(error, HF_EXTRACT_ERROR,
                                HF_EXTRACT_ERROR_IO));
    assert_non_null(strstr(error->message, "/nonexistent"));
    g_error_free(error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_changes_the_source_stays),
        cmocka_unit_test(what_steers_the_compiler_goes),
        cmocka_unit_test(values_are_not_taken_for_options),
        cmocka_unit_test(output_and_language_are_found),
        cmocka_unit_test(cross_compilers_give_a_target),
        cmocka_unit_test(preprocessor_arguments_are_unpacked),
        cmocka_unit_test(foreign_precompiled_headers_stay_out),
        cmocka_unit_test(options_at_the_end_lack_their_value),
        cmocka_unit_test(an_empty_command_is_an_error),
        cmocka_unit_test(clang_is_asked_about_values),
        cmocka_unit_test(a_wrong_resource_directory_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
