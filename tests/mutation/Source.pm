# SPDX-License-Identifier: MIT
#
# Source.pm - C files as far as mutants need them: top-level items (functions,
# prototypes, records) and the statements of a function, each as a range of
# bytes.  It relies on how the VMM is laid out: the braces of a function stand
# alone in the first column.
package Source;

use strict;
use warnings;

# Comments, strings, character constants and directives blanked out, so that
# every byte keeps its place.
sub mask {
    my ($text) = @_;
    my $blank = sub { (my $s = $_[0]) =~ s/[^\n]/ /g; return $s };

    $text =~ s{(/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')}
              {$blank->($1)}gse;
    $text =~ s{^([ \t]*\#(?:[^\n]*\\\n)*[^\n]*)}{$blank->($1)}gme;
    return $text;
}

sub load {
    my ($path, $name) = @_;
    open(my $in, '<', $path) or die "$path: $!\n";
    local $/;
    my $text = <$in>;
    close($in);
    my $self = bless({
        path => $path, name => $name, text => $text, mask => mask($text),
    }, __PACKAGE__);
    $self->{lines} = [0];
    while ($text =~ /\n/g) {
        push @{ $self->{lines} }, pos($text);
    }
    $self->{items} = $self->items();
    return $self;
}

sub line {
    my ($self, $at) = @_;
    my ($low, $high) = (0, $#{ $self->{lines} });

    while ($low < $high) {
        my $mid = int(($low + $high + 1) / 2);
        if ($self->{lines}[$mid] <= $at) {
            $low = $mid;
        } else {
            $high = $mid - 1;
        }
    }
    return $low + 1;
}

# The place just past the bracket that closes the one at $at; -1: none.
sub past_bracket {
    my ($self, $at) = @_;
    my $depth = 0;

    pos($self->{mask}) = $at;
    while ($self->{mask} =~ /([(\[{])|[)\]}]/g) {
        $depth += $1 ? 1 : -1;
        return pos($self->{mask}) if $depth == 0;
    }
    return -1;
}

# ---- top level --------------------------------------------------------------

my $macros = qr/(?:HF_)?(?:SLOT|REQUIRES(?:_SHARED)?|EXCLUDES|DROPS|
    (?:TRY_)?ACQUIRE(?:_SHARED)?|RELEASE(?:_SHARED)?|GUARDED_BY|CAPABILITY|
    ASSERTS_HELD(?:_SHARED)?|ROLE_ENTRY|RETURNS_LOCK|LOCK_RANK|PAIR_\w+|
    PT_GUARDED_BY|G_GNUC_\w+|__attribute__)/x;

# The name that a declaration declares: the first one before a parenthesis
# that is no annotation, else the last one.
sub declared_name {
    my ($head) = @_;
    my ($name, $depth) = ('', 0);

    $head =~ s/\b$macros\s*(\((?:[^()]|(?1))*\))/ /g;
    $head =~ s/\b(?:GS_FN|IO_FN|IO_OR_GS_FN|coroutine_fn|NO_TSA|NO_ANALYSIS|
               GRAPH_\w+|RCU_READ|RCU_PROTECTED|G_GNUC_\w+)\b/ /gx;
    return $1 if $head =~ /\(\s*\*\s*(\w+)[^)]*\)\s*\(/; # pointer to function
    return $1 if $head =~ /\b([A-Za-z_]\w*)\s*\(/;
    $head =~ s/=.*//s;
    $head =~ s/\[[^\]]*\]//g;
    return $1 if $head =~ /\b([A-Za-z_]\w*)\s*;?\s*$/;
    return '';
}

# { kind => function | declaration | record, start, end, head_end, name }
sub items {
    my ($self) = @_;
    my $m = $self->{mask};
    my ($start, @items) = (0);

    pos($m) = 0;
    while ($m =~ /([;{])/g) {
        my ($at, $what) = (pos($m) - 1, $1);
        my $head = substr($m, $start, $at - $start);
        my $end = $at + 1;

        if ($what eq '{') {
            $end = $self->past_bracket($at);
            last if $end < 0;
        }
        $head =~ /^(\s*)/;
        my %item = (start => $start + length($1), head_end => $at,
                    end => $end);
        if ($what eq '{' && substr($m, $at - 1, 1) eq "\n") {
            $item{kind} = 'function';
            $item{body} = $at;
        } elsif ($what eq '{') {
            # up to the semicolon after it
            pos($m) = $end;
            $m =~ /;/g or last;
            $item{end} = pos($m);
            $item{body} = $at;
            $item{kind} = $head =~ /\b(?:struct|union)\b[^=]*$/
                              ? 'record' : 'data';
        } else {
            $item{kind} = 'declaration';
        }
        $item{name} = declared_name(
            $item{kind} eq 'record' && $head =~ /(?:struct|union)\s+(.*)/s
                ? $1 : $head);
        push @items, \%item;
        $start = $item{end};
        pos($m) = $start;
    }
    return \@items;
}

# The declarations in a record, as items.
sub members {
    my ($self, $record) = @_;
    my $m = $self->{mask};
    my ($start, @out) = ($record->{body} + 1);

    pos($m) = $start;
    while ($m =~ /([;{(])/g) {
        my $at = pos($m) - 1;
        my $head = substr($m, $start, $at - $start);

        last if $at >= $record->{end} - 1;
        if ($1 eq '(') {
            my $past = $self->past_bracket($at);
            last if $past < 0;
            pos($m) = $past;
        } elsif ($1 eq ';') {
            $head = substr($m, $start, $at - $start);
            $head =~ /^(\s*)/;
            push @out, { kind => 'member', start => $start + length($1),
                         head_end => $at, end => $at + 1,
                         name => declared_name($head), record => $record };
            $start = $at + 1;
        } else {
            $start = $at + 1; # a nested record: its members count as ours
        }
    }
    return \@out;
}

# ---- statements -------------------------------------------------------------

# Lists of statements of a function, nested ones included: [[{start, end,
# label}, ...], ...].
sub statement_lists {
    my ($self, $function) = @_;
    my @lists;

    $self->block($function->{body} + 1, $function->{end} - 1, \@lists);
    return \@lists;
}

sub block {
    my ($self, $at, $end, $lists) = @_;
    my @list;

    push @$lists, \@list;
    while (1) {
        pos($self->{mask}) = $at;
        $self->{mask} =~ /\G\s*/g;
        $at = pos($self->{mask});
        last if $at >= $end;
        my $past = $self->statement($at, $lists, \my $label);
        last if $past <= $at;
        push @list, { start => $at, end => $past, label => $label };
        $at = $past;
    }
}

# Just past the statement that starts at $at.
sub statement {
    my ($self, $at, $lists, $label) = @_;
    my $m = \$self->{mask};

    pos($$m) = $at;
    if ($$m =~ /\G\s*\{/gc) {
        my $open = pos($$m) - 1;
        my $past = $self->past_bracket($open);
        $self->block($open + 1, $past - 1, $lists);
        return $past;
    }
    if ($$m =~ /\G(?:case\b[^:]*|default\s*|[A-Za-z_]\w*\s*):(?!:)/gc) {
        $$label = 1;
        return pos($$m);
    }
    if ($$m =~ /\G(?:if|for|while|switch)\b\s*(?=\()/gc) {
        my $past = $self->past_bracket(pos($$m));
        my $sub = $self->single($past, $lists);
        pos($$m) = $sub;
        if ($$m =~ /\G\s*else\b/gc) {
            $sub = $self->single(pos($$m), $lists);
        }
        return $sub;
    }
    if ($$m =~ /\Gdo\b/gc) {
        my $sub = $self->single(pos($$m), $lists);
        pos($$m) = $sub;
        $$m =~ /;/g;
        return pos($$m);
    }
    # An expression or a declaration, or a macro with a block.
    while ($$m =~ /([;({\[])/g) {
        my $open = pos($$m) - 1;
        return $open + 1 if $1 eq ';';
        my $past = $self->past_bracket($open);
        return -1 if $past < 0;
        if ($1 eq '{' && substr($$m, $at, $open - $at) =~
                         /^\s*[A-Z_]+\s*\(.*\)\s*$/s) {
            $self->block($open + 1, $past - 1, $lists);
            return $past;
        }
        pos($$m) = $past;
    }
    return -1;
}

# What an if or a loop runs: no list of its own when it has no braces.
sub single {
    my ($self, $at, $lists) = @_;
    pos($self->{mask}) = $at;
    $self->{mask} =~ /\G\s*/g;
    my $start = pos($self->{mask});
    my $past = $self->statement($start, $lists, \my $label);

    push @$lists, [{ start => $start, end => $past, alone => 1 }]
        if substr($self->{mask}, $start, 1) ne '{';
    return $past;
}

1;
