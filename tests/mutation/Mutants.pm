# SPDX-License-Identifier: MIT
#
# Mutants.pm - the mistakes that can be put into one file.
#
# A mutant is { kind, file, line, name, edits: [[start, length, text], ...],
# body: 1 (a statement of a function) or 0 (a declaration), from, to: its
# lines, inert: why nothing is lost by it, if nothing is }.  Edits keep the
# number of lines.
package Mutants;

use strict;
use warnings;

our @kinds = qw(lock-delete lock-pair lock-later unlock-earlier
                rcu-delete rcu-pair rcu-later rcu-earlier
                context-delete context-flip marker-delete marker-flip
                coroutine-delete graph-delete requires-delete guard-delete
                drops-delete);

# What takes, what gives back.
my %release_of = (
    vm_mutex_lock => 'vm_mutex_unlock', bql_lock => 'bql_unlock',
    co_mutex_lock => 'co_mutex_unlock',
    co_rwlock_rdlock => 'co_rwlock_rdunlock',
    co_rwlock_wrlock => 'co_rwlock_wrunlock',
    bdrv_graph_co_rdlock => 'bdrv_graph_co_rdunlock',
    bdrv_graph_rdlock_main_loop => 'bdrv_graph_rdunlock_main_loop',
    bdrv_graph_wrlock => 'bdrv_graph_wrunlock',
    vm_rcu_read_lock => 'vm_rcu_read_unlock',
);
my %acquire_of = reverse %release_of;
my $primitive = join('|', map { quotemeta }
                     sort(keys %release_of, values %release_of));

my %flip = (GS_FN => 'IO_FN', IO_FN => 'GS_FN',
            GLOBAL_STATE_CODE => 'IO_CODE', IO_CODE => 'GLOBAL_STATE_CODE');

# ---- statements -------------------------------------------------------------

# { what, lock } when the statement takes or gives back a lock.
sub operation {
    my ($src, $s) = @_;
    my $text = substr($src->{mask}, $s->{start}, $s->{end} - $s->{start});

    return undef if $text !~ /^($primitive)\s*\((.*)\)\s*;$/s;
    my ($what, $lock) = ($1, $2);
    $lock =~ s/\s+//g;
    return { what => $what, lock => $lock };
}

# An empty statement in its place.
sub emptied {
    my ($src, $s) = @_;
    my $length = $s->{end} - $s->{start};
    my $text = substr($src->{mask}, $s->{start}, $length);

    $text =~ s/[^\n]/ /g;
    substr($text, 0, 1) = ';';
    return [$s->{start}, $length, $text];
}

sub swapped {
    my ($src, $a, $b) = @_;
    my ($from, $to) = ($a->{start}, $b->{end});
    my $text = $src->{text};

    return [$from, $to - $from,
            substr($text, $b->{start}, $b->{end} - $b->{start}) .
            substr($text, $a->{end}, $b->{start} - $a->{end}) .
            substr($text, $a->{start}, $a->{end} - $a->{start})];
}

# Does the statement name anything that some lock is declared to guard?
sub is_inert {
    my ($src, $s, $guarded) = @_;
    my $text = substr($src->{mask}, $s->{start}, $s->{end} - $s->{start});

    while ($text =~ /\b([A-Za-z_]\w*)\b/g) {
        return '' if $guarded->{$1};
    }
    return 'nothing there is declared to be guarded';
}

sub jumps {
    my ($src, $s) = @_;

    return substr($src->{mask}, $s->{start}, 9) =~
           /^(?:return|goto|break|continue)\b/;
}

sub of_function {
    my ($src, $f, $guarded, $add) = @_;
    my @all; # every lock operation: its statement and its neighbours

    for my $list (@{ $src->statement_lists($f) }) {
        for my $i (0 .. $#$list) {
            my $s = $list->[$i];
            my $op = operation($src, $s);
            if ($op) {
                push @all, { %$op, s => $s, alone => $s->{alone},
                             before => $i ? $list->[$i - 1] : undef,
                             after => $list->[$i + 1] };
            }
            markers($src, $s, $f, $add);
        }
    }
    @all = sort { $a->{s}{start} <=> $b->{s}{start} } @all;
    for my $i (0 .. $#all) {
        my $op = $all[$i];
        my $group = $op->{what} =~ /rcu/ ? 'rcu' : 'lock';
        my $base = { body => 1, name => $f->{name}, function => $f,
                     at => $op->{s}{start} };

        if (my $give = $release_of{ $op->{what} }) {
            my @ends;
            for my $o (@all[$i + 1 .. $#all]) {
                next if $o->{lock} ne $op->{lock};
                last if $o->{what} eq $op->{what};
                push @ends, $o if $o->{what} eq $give;
            }
            my $inside = { start => $op->{s}{end},
                           end => @ends ? $ends[-1]{s}{start} : $f->{end} };
            my $inert = is_inert($src, $inside, $guarded);
            my $gone = emptied($src, $op->{s});
            $add->({ %$base, kind => "$group-delete", edits => [$gone],
                     inert => $inert });
            $add->({ %$base, kind => "$group-pair", inert => $inert,
                     edits => [$gone, map { emptied($src, $_->{s}) } @ends] })
                if @ends;
            my $next = $op->{after};
            if ($next && !$next->{label} && !jumps($src, $next)) {
                $add->({ %$base, kind => "$group-later",
                         edits => [swapped($src, $op->{s}, $next)],
                         inert => is_inert($src, $next, $guarded) });
            }
        } else {
            my $last = $op->{before};
            next if !$last || $last->{label};
            $add->({ %$base, edits => [swapped($src, $last, $op->{s})],
                     kind => $group eq 'rcu' ? 'rcu-earlier'
                                             : 'unlock-earlier',
                     inert => is_inert($src, $last, $guarded) });
        }
    }
}

sub markers {
    my ($src, $s, $f, $add) = @_;
    my $text = substr($src->{mask}, $s->{start}, $s->{end} - $s->{start});

    return if $text !~ /^(GLOBAL_STATE_CODE|IO_CODE|IO_OR_GS_CODE)\(\);$/;
    my %m = (body => 1, name => $f->{name}, function => $f,
             at => $s->{start});
    $add->({ %m, kind => 'marker-delete', edits => [emptied($src, $s)] });
    $add->({ %m, kind => 'marker-flip',
             edits => [[$s->{start}, length($1), $flip{$1}]] })
        if $flip{$1};
}

# ---- declarations -----------------------------------------------------------

# [start, length] of an annotation with its arguments and, if it is alone in
# one, the SLOT() around it.
sub extent {
    my ($src, $at, $length, $with_arguments) = @_;
    my $m = \$src->{mask};
    my $end = $at + $length;

    pos($$m) = $end;
    if ($with_arguments && $$m =~ /\G\s*(?=\()/gc) {
        $end = $src->past_bracket(pos($$m));
    }
    pos($$m) = $end;
    if (substr($$m, 0, $at) =~ /\b((?:HF_)?SLOT\(\s*)$/) {
        my $before = length($1);
        pos($$m) = $end;
        return ($at - $before, pos($$m) - $at + $before)
            if $$m =~ /\G\s*\)/gc;
    }
    return ($at, $end - $at);
}

sub blank {
    my ($src, $at, $length) = @_;
    my $text = substr($src->{mask}, $at, $length);

    $text =~ s/[^\n]/ /g;
    return [$at, $length, $text];
}

my %group_of = (
    (map { $_ => 'context' } qw(GS_FN IO_FN IO_OR_GS_FN)),
    coroutine_fn => 'coroutine',
    (map { $_ => 'graph' } qw(GRAPH_RDLOCK GRAPH_WRLOCK GRAPH_RDLOCK_PTR
                              GRAPH_WRLOCK_PTR)),
    (map { $_ => 'requires' } qw(REQUIRES REQUIRES_SHARED RCU_READ)),
    DROPS => 'drops', GUARDED_BY => 'guard',
);

# What the declarations of a name say, those in other files included: into
# %$said, name -> word -> how often.
sub sayings {
    my ($src, $said) = @_;

    for my $item (@{ $src->{items} }) {
        next if $item->{kind} ne 'function' && $item->{kind} ne 'declaration';
        my $head = substr($src->{mask}, $item->{start},
                          $item->{head_end} - $item->{start});
        next if $head !~ /\(/;
        # statics of one name in several files are different ones
        my $name = ($head =~ /\bstatic\b/ ? "$src->{name}:" : '') .
                   $item->{name};
        while ($head =~ /\b(\w+)\b/g) {
            $said->{$name}{$1}++ if $group_of{$1};
        }
        $item->{said} = $name;
    }
}

# Annotations between the item's start and its body or semicolon.
sub of_declaration {
    my ($src, $item, $said, $add) = @_;
    my $head = substr($src->{mask}, $item->{start},
                      $item->{head_end} - $item->{start});

    while ($head =~ /\b(\w+)\b/g) {
        my $word = $1;
        my $group = $group_of{$word} or next;
        my $at = $item->{start} + pos($head) - length($word);
        my ($from, $length) = extent(
            $src, $at, length($word),
            $word =~ /^(?:REQUIRES|REQUIRES_SHARED|DROPS|GUARDED_BY)$/);
        my %m = (body => 0, name => $item->{name}, item => $item,
                 at => $at);

        next if $head =~ /^\s*(?:extern\s+)?\w+_DECLARE\b/;
        my $inert = '';
        $inert = 'another declaration says the same'
            if $item->{said} && $said->{ $item->{said} }{$word} > 1;
        $add->({ %m, kind => "$group-delete", inert => $inert,
                 edits => [blank($src, $from, $length)] });
        $add->({ %m, kind => 'context-flip',
                 edits => [[$at, length($word), $flip{$word}]] })
            if $flip{$word};
    }
}

# ---- a file -----------------------------------------------------------------

# Names that some lock is declared to guard, or that need one: into %$guarded.
sub guarded_names {
    my ($src, $guarded) = @_;
    my $note = sub {
        my ($item) = @_;
        my $head = substr($src->{mask}, $item->{start},
                          $item->{head_end} - $item->{start});
        $guarded->{ $item->{name} } = 1
            if $item->{name} ne '' &&
               $head =~ /\b(?:GUARDED_BY|REQUIRES(?:_SHARED)?|DROPS|RCU_READ|
                         RCU_PROTECTED|GRAPH_(?:RD|WR)LOCK(?:_PTR)?)\b/x;
    };

    for my $item (@{ $src->{items} }) {
        $note->($item);
        if ($item->{kind} eq 'record') {
            $note->($_) for @{ $src->members($item) };
        }
    }
}

# A static function that is only called, by functions that the checker looks
# at with their own contexts.
sub is_only_called {
    my ($src, $f) = @_;
    my $head = substr($src->{mask}, $f->{start}, $f->{body} - $f->{start});

    return 0 if $head !~ /\bstatic\b/;
    return $src->{mask} !~ /\b\Q$f->{name}\E\b(?!\s*\()/;
}

sub of_source {
    my ($src, $guarded, $said) = @_;
    my @out;
    my $add = sub {
        my ($m) = @_;
        my $item = $m->{function} || $m->{item};

        $m->{file} = $src->{name};
        $m->{line} = $src->line($m->{at});
        $m->{from} = $src->line($item->{start});
        $m->{to} = $src->line($item->{end} - 1);
        $m->{col} = $m->{at};
        $m->{record} = $item->{record}{name} if $item->{record};
        $m->{inert} ||= 'its callers, all known, are judged with it'
            if $m->{kind} =~ /^(?:context|marker)-delete$/ &&
               $item->{kind} eq 'function' && is_only_called($src, $item);
        delete @$m{qw(function item at)};
        push @out, $m;
    };

    for my $item (@{ $src->{items} }) {
        if ($item->{kind} eq 'record') {
            of_declaration($src, $_, $said, $add) for @{ $src->members($item) };
            next;
        }
        next if $item->{kind} eq 'data';
        of_declaration($src, $item, $said, $add);
        of_function($src, $item, $guarded, $add)
            if $item->{kind} eq 'function';
    }
    return @out;
}

# The text of the file with these mutants in it.
sub mutated {
    my ($src, @mutants) = @_;
    my $text = $src->{text};
    my @edits = sort { $b->[0] <=> $a->[0] } map { @{ $_->{edits} } } @mutants;

    for my $e (@edits) {
        substr($text, $e->[0], $e->[1]) = $e->[2];
    }
    return $text;
}

1;
