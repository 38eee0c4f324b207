package dev.tallygate.server.tls;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.Set;
import java.util.stream.Collectors;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Decides who is a peer: whoever shows a certificate of the cluster's CA that names a host of
 * {@code peers}. The CA alone would not do, because callers may have certificates of it too
 * (decision 0035). Towards a node that was connected to, the JDK has compared the name with the
 * address that was asked as well. Any thread.
 */
public final class PeerTrust extends X509ExtendedTrustManager {
  private final X509ExtendedTrustManager authorities;
  private final Set<HostName> hosts;

  /**
   * @param hosts where the nodes are reached
   */
  public PeerTrust(Authorities authorities, Collection<String> hosts) {
    this.authorities = authorities.trust();
    this.hosts = hosts.stream().map(HostName::of).collect(Collectors.toUnmodifiableSet());
  }

  private void requirePeer(X509Certificate[] chain) throws CertificateException {
    Set<HostName> named = HostName.named(chain[0]);
    if (named.stream().noneMatch(hosts::contains)) {
      throw new CertificateException(
          "the certificate of `"
              + chain[0].getSubjectX500Principal().getName()
              + "` names "
              + named
              + ", none of the hosts of `peers`");
    }
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    authorities.checkClientTrusted(chain, authType, engine);
    requirePeer(chain);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    authorities.checkClientTrusted(chain, authType, socket);
    requirePeer(chain);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    authorities.checkClientTrusted(chain, authType);
    requirePeer(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    authorities.checkServerTrusted(chain, authType, engine);
    requirePeer(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    authorities.checkServerTrusted(chain, authType, socket);
    requirePeer(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    authorities.checkServerTrusted(chain, authType);
    requirePeer(chain);
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return authorities.getAcceptedIssuers();
  }
}
