package dev.tallygate.server.tls;

import dev.tallygate.server.Shown;
import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides who is a peer: whoever shows a certificate of the cluster's CA that names a host of
 * {@code peers}. The CA alone would not do, because callers may have certificates of it too
 * (decision 0035). Towards a node that was connected to, the JDK has compared the name with the
 * address that was asked as well. Any thread.
 */
public final class PeerTrust extends X509ExtendedTrustManager {
  private static final Logger LOG = LoggerFactory.getLogger(PeerTrust.class);
  private static final long LOG_EVERY_NS = 10_000_000_000L;
  private static final int LOG_CHARS_MAX = 400;

  private final X509ExtendedTrustManager authorities;
  private final Set<HostName> hosts;
  private final AtomicLong loggedNs = new AtomicLong(System.nanoTime() - LOG_EVERY_NS);

  /**
   * @param hosts where the nodes are reached
   */
  public PeerTrust(Authorities authorities, Collection<String> hosts) {
    this.authorities = authorities.trust();
    this.hosts = hosts.stream().map(HostName::of).collect(Collectors.toUnmodifiableSet());
  }

  /** What the CA's part of the decision throws. */
  private interface Check {
    void run() throws CertificateException;
  }

  private void decide(X509Certificate[] chain, Check byAuthorities) throws CertificateException {
    try {
      byAuthorities.run();
      requirePeer(chain[0]);
    } catch (CertificateException e) {
      log(chain[0], e);
      throw e;
    }
  }

  private void requirePeer(X509Certificate certificate) throws CertificateException {
    Set<HostName> named = HostName.named(certificate);
    if (named.stream().noneMatch(hosts::contains)) {
      throw new CertificateException("it names " + named + ", none of the hosts of `peers`");
    }
  }

  /** The other end learns only that it was refused, so this log is where an operator finds why. */
  private void log(X509Certificate certificate, CertificateException why) {
    long now = System.nanoTime();
    long last = loggedNs.get();
    // Whoever reaches the port could fill the log.
    if (now - last < LOG_EVERY_NS || !loggedNs.compareAndSet(last, now)) return;
    String text = certificate.getSubjectX500Principal().getName() + ": " + why.getMessage();
    // A stranger wrote some of it.
    String plain = Shown.text(text);
    LOG.warn(
        "refused a certificate between nodes: {}",
        plain.substring(0, Math.min(plain.length(), LOG_CHARS_MAX)));
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    decide(chain, () -> authorities.checkClientTrusted(chain, authType, engine));
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    decide(chain, () -> authorities.checkClientTrusted(chain, authType, socket));
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    decide(chain, () -> authorities.checkClientTrusted(chain, authType));
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    decide(chain, () -> authorities.checkServerTrusted(chain, authType, engine));
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    decide(chain, () -> authorities.checkServerTrusted(chain, authType, socket));
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    decide(chain, () -> authorities.checkServerTrusted(chain, authType));
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return authorities.getAcceptedIssuers();
  }
}
