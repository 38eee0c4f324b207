package dev.tallygate.server.config;

import javax.net.ssl.KeyManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * TLS of one listener, read from its files at the start and valid then. A file that changes later
 * is read at the next start.
 *
 * @param keys the node's certificate, with its private key
 * @param clients who may connect; null where whoever connects is let in unseen
 */
public record ListenerTls(KeyManager keys, @Nullable X509TrustManager clients) {}
