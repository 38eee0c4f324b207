package dev.tallygate.raft;

import javax.net.ssl.KeyManager;
import javax.net.ssl.TrustManager;

/**
 * The keys of the peer port. Both sides of every link show a certificate, and the trust manager
 * alone decides who is a peer: Raft itself believes whoever connects.
 */
public record PeerTls(KeyManager keys, TrustManager trust) {}
