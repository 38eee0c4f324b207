package dev.tallygate.loadtest;

/** What the operator may name as a peer; spelled as on the command line. */
enum PeerName {
  echo,
  etcd
}
