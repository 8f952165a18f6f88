# Hands IP packets from standard input to the kernel as they are, and the TCP packets that arrive to standard output; each is preceded by its length (u16, big-endian).
use strict;
use Socket;
socket(my $out, AF_INET, SOCK_RAW, 255) or die "raw socket: $!";
socket(my $in, AF_INET, SOCK_RAW, 6) or die "raw socket: $!";
my $held = '';
while (1) {
  my $r = '';
  vec($r, 0, 1) = 1;
  vec($r, fileno($in), 1) = 1;
  select($r, undef, undef, undef) > 0 or next;
  if (vec($r, fileno($in), 1) && defined recv($in, my $packet, 65535, 0)) { syswrite(STDOUT, pack('n', length $packet) . $packet) or exit }
  next unless vec($r, 0, 1);
  sysread(STDIN, $held, 65536, length $held) or exit;
  while (length $held >= 2 && length $held >= 2 + unpack('n', $held)) {
    my $packet = substr($held, 2, unpack('n', $held));
    substr($held, 0, 2 + length $packet) = '';
    my $to = substr($packet, 16, 4);
    send($out, $packet, 0, pack_sockaddr_in(0, $to));
  }
}
