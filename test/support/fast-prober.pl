# Sends ready-made packets by the ten thousand a second and says what each met. Driven by fast-prober.ts.
# Orders on standard input, a line each:
#   flow <hex of Ethernet frame> <offset of the transport header> <offset of its checksum> <sum>   the frame with source port 0; sum over it, not folded
#   loop <flow,flow,…>   from now on these, again and again
#   pause                after the batch under way; says "paused"
# Says for each batch: batch <first µs> <last µs> <place of its first flow in the loop> <a letter for each> <stray answers>
#   P passed: SYN-ACK, or ICMP port unreachable   R refused: RST, or ICMP prohibited   - nothing came
use strict;
use warnings;
use Socket qw(SOL_SOCKET SO_RCVBUF SOCK_RAW SOCK_DGRAM);
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);
use constant { AF_PACKET => 17, ETH_P_IP => 0x0800, ETH_P_IPV6 => 0x86dd, MSG_DONTWAIT => 0x40 };
use constant { BATCH => 48, SILENCE_S => 10 };

open(my $sysfs, '<', '/sys/class/net/eth0/ifindex') or die "eth0: $!";
my $index = <$sysfs>;

sub packet_socket {
  my ($kind, $protocol) = @_;
  socket(my $socket, AF_PACKET, $kind, unpack('S', pack('n', $protocol))) or die "socket: $!";
  # struct sockaddr_ll, packet(7)
  bind($socket, pack('S n i S C C a8', AF_PACKET, $protocol, $index, 0, 0, 0, '')) or die "bind: $!";
  return $socket;
}
# Protocol 0: hears nothing.
my $out = packet_socket(SOCK_RAW, 0);
my @in = map { packet_socket(SOCK_DGRAM, $_) } (ETH_P_IP, ETH_P_IPV6);
setsockopt($_, SOL_SOCKET, SO_RCVBUF, 4_000_000) for @in;

my (@frames, @loop, %place_of_port, $results, $missing, $strays);
my ($place, $port, $is_looping, $orders) = (0, 1024, 0, '');

sub judge {
  my ($at, $met) = @_;
  my $where = delete $place_of_port{$at};
  if (!defined $where) { $strays += 1; return }
  substr($results, $where, 1) = $met;
  $missing -= 1;
}

sub judge_tcp {
  my ($packet, $transport) = @_;
  my $flags = ord substr($packet, $transport + 13, 1);
  judge(unpack('n', substr($packet, $transport + 2, 2)), $flags & 4 ? 'R' : 'P') if $flags & 0x16;
}

sub hear {
  my ($packet) = @_;
  my $version = ord($packet) >> 4;
  if ($version == 4) {
    my $transport = (ord($packet) & 15) * 4;
    my $protocol = ord substr($packet, 9, 1);
    return judge_tcp($packet, $transport) if $protocol == 6;
    return if $protocol != 1 || ord(substr($packet, $transport, 1)) != 3;
    my $quoted = $transport + 8;
    my $code = ord substr($packet, $transport + 1, 1);
    judge(unpack('n', substr($packet, $quoted + (ord(substr($packet, $quoted, 1)) & 15) * 4, 2)), $code == 3 ? 'P' : 'R');
  } else {
    my $next = ord substr($packet, 6, 1);
    return judge_tcp($packet, 40) if $next == 6;
    return if $next != 58 || ord(substr($packet, 40, 1)) != 1;
    judge(unpack('n', substr($packet, 88, 2)), ord(substr($packet, 41, 1)) == 4 ? 'P' : 'R');
  }
}

sub now_us { return clock_gettime(CLOCK_MONOTONIC) * 1_000_000 }

sub probe_batch {
  my $count = @loop < BATCH ? @loop : BATCH;
  my $first = $place;
  ($results, $missing, $strays, %place_of_port) = ('-' x $count, $count, 0);
  my $from = now_us();
  for my $i (0 .. $count - 1) {
    my ($frame, $transport, $checksum, $sum) = @{ $frames[$loop[$place]] };
    $place = 0 if ++$place == @loop;
    $port = 1024 if ++$port > 65_000;
    $place_of_port{$port} = $i;
    $sum += $port;
    $sum = ($sum & 0xffff) + ($sum >> 16) while $sum >> 16;
    substr($frame, $transport, 2) = pack('n', $port);
    substr($frame, $checksum, 2) = pack('n', $sum == 0xffff ? 0xffff : $sum ^ 0xffff);
    defined send($out, $frame, 0) or die "send: $!";
  }
  while ($missing > 0) {
    my $ready = '';
    vec($ready, fileno($_), 1) = 1 for @in;
    last if select($ready, undef, undef, SILENCE_S) <= 0;
    for my $socket (@in) {
      hear($_) while defined recv($socket, $_, 2048, MSG_DONTWAIT);
    }
  }
  printf "batch %d %d %d %s %d\n", $from, now_us() + 1, $first, $results, $strays;
}

$| = 1;
print "ready\n";
for (;;) {
  my $asked = '';
  vec($asked, fileno(STDIN), 1) = 1;
  if (select($asked, undef, undef, $is_looping ? 0 : undef) > 0) {
    sysread(STDIN, $orders, 1 << 20, length $orders) or exit;
    while ($orders =~ s/^(\w+) ?(.*)\n//) {
      my ($order, $what) = ($1, $2);
      if ($order eq 'flow') {
        my ($hex, @numbers) = split / /, $what;
        push @frames, [pack('H*', $hex), @numbers];
      } elsif ($order eq 'loop') {
        @loop = split /,/, $what;
        ($place, $is_looping) = (0, 1);
      } else {
        $is_looping = 0;
        print "paused\n";
      }
    }
  }
  probe_batch() if $is_looping;
}
