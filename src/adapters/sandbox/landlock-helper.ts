/**
 * The program that confines a command by Landlock: Perl, because every Debian has it and it can make any system call. Its
 * arguments: ids of the calls and the flag O_NOFOLLOW, the pid it must be a child of, the command. From descriptor 5 it reads,
 * with a NUL between, the filter (hex), `r:<path>` and `w:<path>` for what may be read and written. On descriptor 4 it says
 * `began` right before the command starts.
 *
 * There are three processes. The first stands for the command and ends as it did. The second, its keeper, is the parent of the
 * command and of whatever that leaves behind, and of nothing else: as long as it has children, it ends them. The third becomes
 * the command.
 *
 * landlock(7), seccomp(2), prctl(2), capabilities(7); struct and constant names are those of the kernel's headers.
 */
export const LANDLOCK_HELPER = String.raw`
use strict;
my ($PRCTL, $OPENAT, $CLOSE, $CAPSET, $NOFOLLOW) = map { $_ + 0 } split /,/, shift;
my $parent = shift;
open my $settings, '<&=', 5 or die;
my ($filter, @paths) = split /\0/, do { local $/; <$settings> };
close $settings;
$filter = pack('H*', $filter);
my (@read, @write);
for (@paths) {
  my ($what, $path) = /^([rw]):(.*)\z/s or die;
  push @{$what eq 'r' ? \@read : \@write}, $path;
}

sub must {
  my ($what, $result) = @_;
  return $result if $result >= 0;
  print STDERR "$what: $!\n";
  exit 125;
}

# What a task may say of itself: PR_SET_PDEATHSIG 1, PR_SET_DUMPABLE 4, PR_SET_SECCOMP 22, PR_CAPBSET_DROP 24,
# PR_SET_CHILD_SUBREAPER 36, PR_SET_NO_NEW_PRIVS 38.
sub control { my @args = (map($_ + 0, @_), (0) x (5 - @_)); return syscall($PRCTL, @args) }

# Of root's rights only those over files of others stay, if it has them: what may be reached is for Landlock to say.
sub drop_capabilities {
  return if $> != 0;
  my $kept = 1 << 1 | 1 << 3; # CAP_DAC_OVERRIDE, CAP_FOWNER
  for (0 .. 63) { control(24, $_) if !($kept >> $_ & 1) }
  my ($version, $sets) = (pack('LL', 0x20080522, 0), "\0" x 24);
  must('capget', syscall($CAPSET - 1, $version, $sets));
  $kept &= (unpack('L6', $sets))[1];
  $sets = pack('L6', $kept, $kept, 0, 0, 0, 0);
  must('capset', syscall($CAPSET, $version, $sets));
}

# LANDLOCK_ACCESS_FS_*: EXECUTE 1, WRITE_FILE 2, READ_FILE 4, READ_DIR 8, then REMOVE_DIR … up to TRUNCATE, IOCTL_DEV.
sub restrict_files {
  my $abi = must('landlock', syscall(444, 0, 0, 1));
  if ($abi < 3) { print STDERR "landlock: version $abi is too old\n"; exit 125 }
  my $all = $abi < 5 ? 0x7fff : 0xffff;
  my $attributes = pack('QQQ', $all, $abi < 4 ? 0 : 3, $abi < 6 ? 0 : 3);
  my $size = $abi < 4 ? 8 : $abi < 6 ? 16 : 24;
  my $rules = must('landlock_create_ruleset', syscall(444, $attributes, $size, 0));
  my $devices = 1 << 6 | 1 << 11 | 1 << 15; # MAKE_CHAR, MAKE_BLOCK, IOCTL_DEV
  for ([1 | 4 | 8, @read], [0x7fff & ~$devices, @write]) {
    my ($rights, @paths) = @$_;
    for my $path (@paths) {
      my $fd = syscall($OPENAT, -100, $path, 0x280000 | $NOFOLLOW, 0); # O_PATH | O_CLOEXEC
      next if $fd < 0; # gone since it was looked at
      # Another command may have put a link on the way to it.
      if (-l $path || readlink("/proc/self/fd/$fd") ne $path) { print STDERR "not run: $path was changed while the sandbox was made\n"; exit 125 }
      my $rule = pack('Ql', -d "/proc/self/fd/$fd" ? $rights : $rights & (1 | 2 | 4 | 0x4000), $fd);
      must("landlock_add_rule $path", syscall(445, $rules, 1, $rule, 0));
      syscall($CLOSE, $fd);
    }
  }
  must('no_new_privs', control(38, 1));
  must('landlock_restrict_self', syscall(446, $rules, 0));
}

sub filter_calls {
  my $program = pack('Sx6P', length($filter) / 8, $filter);
  must('seccomp', syscall($PRCTL, 22, 2, $program, 0, 0));
}

sub parent_of {
  open my $stat, '<', "/proc/$_[0]/stat" or return -1;
  local $/;
  my ($rest) = <$stat> =~ /.*\) (.*)/s or return -1;
  return (split ' ', $rest)[1];
}

sub descendants {
  opendir my $all, '/proc' or return;
  my %parent = map { $_ => parent_of($_) } grep { /^\d+$/ } readdir $all;
  my %mine = ($$ => 1);
  for (my $found = 1; $found;) {
    $found = 0;
    for (keys %parent) { $found = $mine{$_} = 1 if !$mine{$_} && $mine{$parent{$_}} }
  }
  delete $mine{$$};
  return keys %mine;
}

# Stopped first: else a shell whose command is killed would go on to its next one before its own turn comes.
sub end_what_is_left {
  while ((my $ended = waitpid(-1, 1)) != -1) {
    next if $ended > 0;
    my @left = descendants();
    kill 'STOP', @left;
    kill 'KILL', @left;
    select undef, undef, undef, 0.002;
  }
}

sub child_of {
  my ($work) = @_;
  my $child = fork;
  must('fork', -1) if !defined $child;
  return $child if $child != 0;
  $work->();
  exit 125;
}

# Its exit status, as wait(2) has it. What it has left behind meanwhile is taken away as it ends.
sub status_of {
  for (;;) {
    my $ended = waitpid(-1, 0);
    return $? if $ended == $_[0];
    return 125 << 8 if $ended == -1 && $! + 0 != 4; # EINTR
  }
}

sub end_as {
  my ($status) = @_;
  if (my $signal = $status & 127) {
    control(4, 0); # PR_SET_DUMPABLE: no core of this one
    $SIG{$_} = 'DEFAULT' for qw(HUP INT QUIT PIPE ALRM TERM USR1 USR2);
    kill $signal, $$;
    sleep 1;
  }
  exit($status >> 8);
}

open my $report, '>&=', 4 or die;

sub become_the_command {
  $SIG{$_} = 'DEFAULT' for qw(TERM USR1);
  drop_capabilities();
  restrict_files();
  filter_calls();
  fcntl $report, 2, 1;
  syswrite $report, 'began';
  { no warnings; exec { $ARGV[0] } @ARGV }
  print STDERR "$ARGV[0]: $!\n";
  exit($! + 0 == 2 ? 127 : 126); # ENOENT; by name it would load a module
}

sub keep {
  must('subreaper', control(36, 1));
  # Who ends a command asks all of it to end; the keeper stays. It is told apart, or by the end of the first process.
  $SIG{TERM} = 'IGNORE';
  $SIG{USR1} = sub { sleep 1; end_what_is_left(); exit 143 };
  must('pdeathsig', control(1, 10));
  my $command = child_of(\&become_the_command);
  close $report;
  my $status = status_of($command);
  end_what_is_left();
  end_as($status);
}

must('subreaper', control(36, 1));
must('pdeathsig', control(1, 15));
exit 125 if getppid() != $parent;
my $keeper = child_of(\&keep);
close $report;
$SIG{TERM} = sub { kill 'USR1', $keeper };
end_as(status_of($keeper));
`;
