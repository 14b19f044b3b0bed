/**
 * The program that confines a command by Landlock: Perl, because every Debian has it and it can make any system call. Its
 * arguments: ids of the calls, the pid it must be a child of, the filter (hex), `r:<path>` and `w:<path>` for what may be
 * read and written, `--`, the command. It stays as the command's parent: what the command leaves behind becomes its own
 * child, and is ended before it ends, as the command did. On descriptor 4 it says `began` right before the command starts.
 *
 * landlock(7), seccomp(2), prctl(2), capabilities(7); struct and constant names are those of the kernel's headers.
 */
export const LANDLOCK_HELPER = String.raw`
use strict;
my ($PRCTL, $OPENAT, $CAPSET) = split /,/, shift;
my ($parent, $filter) = (shift, pack('H*', shift));
my (@read, @write);
while (defined(my $arg = shift)) {
  last if $arg eq '--';
  my ($what, $path) = $arg =~ /^([rw]):(.*)\z/s or die;
  push @{$what eq 'r' ? \@read : \@write}, $path;
}

sub must {
  my ($what, $result) = @_;
  return $result if $result >= 0;
  print STDERR "$what: $!\n";
  exit 125;
}

# What a task may be told of itself: PR_SET_PDEATHSIG 1, PR_SET_SECCOMP 22, PR_CAPBSET_DROP 24, PR_SET_CHILD_SUBREAPER 36,
# PR_SET_NO_NEW_PRIVS 38.
sub control { my @args = (map($_ + 0, @_), (0) x (5 - @_)); return syscall($PRCTL + 0, @args) }

# Of root's rights only those over files of others stay: what may be reached is for Landlock to say.
sub drop_capabilities {
  return if $> != 0;
  my $kept = 1 << 1 | 1 << 3; # CAP_DAC_OVERRIDE, CAP_FOWNER
  for (0 .. 63) { control(24, $_) if !($kept >> $_ & 1) }
  my ($version, $sets) = (pack('LL', 0x20080522, 0), pack('L6', $kept, $kept, 0, 0, 0, 0));
  must('capset', syscall($CAPSET + 0, $version, $sets));
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
      my $fd = syscall($OPENAT + 0, -100, $path, 0x280000 | 0400000, 0); # O_PATH | O_CLOEXEC | O_NOFOLLOW
      next if $fd < 0; # gone since it was looked at
      my $rule = pack('Ql', -d $path ? $rights : $rights & (1 | 2 | 4 | 0x4000), $fd);
      must("landlock_add_rule $path", syscall(445, $rules, 1, $rule, 0));
    }
  }
  must('no_new_privs', control(38, 1));
  must('landlock_restrict_self', syscall(446, $rules, 0));
}

sub filter_calls {
  my $program = pack('Sx6P', length($filter) / 8, $filter);
  must('seccomp', syscall($PRCTL + 0, 22, 2, $program, 0, 0));
}

sub parent_of {
  open my $stat, '<', "/proc/$_[0]/stat" or return -1;
  local $/;
  my ($rest) = <$stat> =~ /.*\) (.*)/s or return -1;
  return (split ' ', $rest)[1];
}

sub processes { opendir my $all, '/proc' or return; return grep { /^\d+$/ } readdir $all }

sub children {
  return grep { parent_of($_) == $$ } processes() if !open my $list, '<', "/proc/$$/task/$$/children";
  return split ' ', <$list> // '';
}

# Everything that descends from this process, until there is nothing, but what was its child before: that reads the output.
sub end_what_is_left {
  my %before = map { $_ => 1 } @_;
  while (grep { !$before{$_} } children()) {
    my %parent = map { $_ => parent_of($_) } processes();
    my %mine = ($$ => 1);
    for (my $found = 1; $found;) {
      $found = 0;
      for (keys %parent) { $found = $mine{$_} = 1 if !$mine{$_} && !$before{$_} && $mine{$parent{$_}} }
    }
    delete $mine{$$};
    kill 'KILL', keys %mine;
    select undef, undef, undef, 0.002;
    1 while waitpid(-1, 1) > 0;
  }
}

must('subreaper', control(36, 1));
must('pdeathsig', control(1, 15));
exit 125 if getppid() != $parent;
my @before = children();
open my $report, '>&=', 4 or die;
my $child = fork;
must('fork', -1) if !defined $child;
if ($child == 0) {
  drop_capabilities();
  restrict_files();
  filter_calls();
  fcntl $report, 2, 1;
  syswrite $report, 'began';
  { no warnings; exec { $ARGV[0] } @ARGV }
  print STDERR "$ARGV[0]: $!\n";
  exit($! + 0 == 2 ? 127 : 126); # ENOENT; by name it would load a module
}
close $report;
# The program died, or its watchdog ends the command: what it asked to end may take a moment to.
$SIG{TERM} = sub { sleep 1; kill 'KILL', $child; end_what_is_left(@before); exit 143 };
1 while waitpid($child, 0) == -1 && $! + 0 == 4; # EINTR
my $status = $?;
$SIG{TERM} = 'IGNORE';
end_what_is_left(@before);
if (my $signal = $status & 127) {
  $SIG{$_} = 'DEFAULT' for grep { !/^(KILL|STOP|NUM\d+|RTMIN|RTMAX|ZERO)$/ } keys %SIG;
  kill $signal, $$;
  sleep 1;
}
exit($status >> 8);
`;
