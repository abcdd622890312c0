import type { TestNamespace } from './netns.ts'

/**
 * Sends TCP SYNs with ready checksums, each from another address: 20.64.0.0 on, 2400:64:: on. Node has no raw sockets; perl-base is on every Debian.
 * The sum of what never changes is made once; per packet only the source is added. RFC 1071.
 */
const FLOODER = `
  my ($sources, $port, @to) = @ARGV;
  sub fold { my $s = shift; $s = ($s & 0xffff) + ($s >> 16) while $s >> 16; ~$s & 0xffff }
  sub sum { my $s = 0; $s += $_ for unpack("n*", shift); $s }
  for my $to (@to) {
    my $is6 = $to =~ /:/;
    my $family = $is6 ? AF_INET6 : AF_INET;
    my $address = inet_pton($family, $to);
    socket(my $raw, $family, SOCK_RAW, 255) or die "socket: $!";
    my $peer = $is6 ? pack_sockaddr_in6(0, $address) : pack_sockaddr_in(0, $address);
    my $tcp = pack("nnNNCCn", 40000, $port, 1, 0, 0x50, 2, 65535);
    my $fixed = sum($address) + 6 + 20 + sum($tcp);
    my $head4 = pack("CCnnnCC", 0x45, 0, 40, 0, 0x4000, 64, 6);
    for my $i (0 .. $sources - 1) {
      my $from = $is6 ? pack("nnnnNN", 0x2400, 0x64, 0, 0, 0, $i) : pack("N", (20 << 24) + (64 << 16) + $i);
      my $segment = $tcp . pack("nn", fold($fixed + sum($from)), 0);
      my $packet = $is6 ? pack("NnCC", 0x60000000, 20, 6, 64) . $from . $address . $segment
        : $head4 . pack("n", 0) . $from . $address . $segment;
      select(undef, undef, undef, 0.001) until defined send($raw, $packet, 0, $peer) or !$!{ENOBUFS};
    }
  }`

export interface FloodOptions {
  /** Each is flooded, one after the other. */
  readonly targets: readonly string[]
  readonly port: number
  /** Of each target. */
  readonly sources: number
}

/** Done when every packet was sent. */
export async function floodSyns(space: TestNamespace, { targets, port, sources }: FloodOptions): Promise<void> {
  await space.mustRun('perl', ['-MSocket=:all', '-MErrno', '-e', FLOODER, String(sources), String(port), ...targets], {
    timeoutMs: 240_000,
  })
}
