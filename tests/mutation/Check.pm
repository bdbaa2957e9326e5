# SPDX-License-Identifier: MIT
#
# Check.pm - a copy of the VMM that the checker reads, and what it says of it.
package Check;

use strict;
use warnings;
use File::Path qw(make_path remove_tree);

# root: the repository; build: its configured build directory; work: where the
# copy is kept, and the facts that were read from it.
sub new {
    my ($class, %o) = @_;
    my $self = bless({ %o, src => "$o{work}/src", db => "$o{work}/build" },
                     $class);

    make_path($self->{src}, "$self->{db}/CMakeFiles");
    for my $dir (qw(reference-vmm annotations)) {
        $self->copy_tree($dir);
    }
    for my $file (qw(compile_commands.json build.ninja
                     CMakeFiles/rules.ninja)) {
        my $text = read_file("$o{build}/$file");
        $text =~ s{\Q$o{build}\E(?=[/"\s:])}{$self->{db}}g;
        $text =~ s{\Q$o{root}\E(?=/(?:reference-vmm|annotations))}
                  {$self->{src}}g;
        write_file("$self->{db}/$file", $text);
    }
    return $self;
}

# The sources as they are now; a file that has not changed is left alone.
sub copy_tree {
    my ($self, $dir) = @_;
    my %have;

    for my $path (files("$self->{root}/$dir")) {
        next if $path !~ /\.[ch]$/;
        my $to = "$self->{src}/" . substr($path, length($self->{root}) + 1);
        my $text = read_file($path);
        $have{$to} = 1;
        (my $parent = $to) =~ s{/[^/]+$}{};
        make_path($parent);
        write_file($to, $text)
            if !-e $to || read_file($to) ne $text;
    }
    for my $old (files("$self->{src}/$dir")) {
        unlink($old) if !$have{$old};
    }
}

sub files {
    my ($dir) = @_;
    my @out;

    opendir(my $d, $dir) or return ();
    for my $name (sort readdir($d)) {
        next if $name =~ /^\./;
        push @out, -d "$dir/$name" ? files("$dir/$name") : "$dir/$name";
    }
    return @out;
}

sub read_file {
    my ($path) = @_;
    open(my $in, '<', $path) or die "$path: $!\n";
    local $/;
    return scalar(<$in>) // '';
}

sub write_file {
    my ($path, $text) = @_;
    open(my $out, '>', $path) or die "$path: $!\n";
    print $out $text or die "$path: $!\n";
    close($out) or die "$path: $!\n";
}

sub put {
    my ($self, $name, $text) = @_;
    write_file("$self->{src}/$name", $text);
}

# Names of the VMM's own files, those of the program's units first.
sub sources {
    my ($self) = @_;
    my $under = length($self->{src}) + 1;

    return grep { !m{^reference-vmm/(?:tests|seed|migration|img|block/gen)/} &&
                  !m{^reference-vmm/refvmm-} }
           map { substr($_, $under) } files("$self->{src}/reference-vmm");
}

# What the checker says of a unit that it could not use.
my $trouble = qr/parsed with errors|could not be parsed|crashed the|took too/;

# { findings => { KEY => {checker, main, events} }, broken => {UNIT => why} }
sub run {
    my ($self) = @_;
    my @command = ($self->{holdfast}, 'check', '-p', $self->{db}, '--root',
                   $self->{src}, '--profile', 'reference-vmm',
                   '--rules-dir', "$self->{root}/rules",
                   '--link-target', 'reference-vmm/refvmm', '-q',
                   '--exit-zero', '--no-color', '-j', $self->{jobs},
                   '--cache', "$self->{work}/cache", '-f', 'text',
                   $self->{all} ? '--all' : ());
    my (%findings, %broken, $f);

    open(my $in, '-|', @command) or die "$command[0]: $!\n";
    while (my $line = <$in>) {
        if ($line =~ /^(\S+):(\d+):\d+: warning: (.*) \[(\w+\/\w+)\]$/) {
            $f = { checker => $4, events => [[$1, $2, $3]] };
        } elsif ($f && $line =~ /^ +(\S+):(\d+):\d+: [a-z_-]+: (.*)$/) {
            push @{ $f->{events} }, [$1, $2, $3];
        } elsif ($f && $line =~ /^  key: (\S+)/) {
            $findings{$1} = $f;
            $f = undef;
        } elsif ($line =~ /^  (\S+): ($trouble.*)/) {
            $broken{$1} = $2;
        }
    }
    close($in);
    die "$command[0] failed: status $?\n" if $?;
    return { findings => \%findings, broken => \%broken };
}

1;
