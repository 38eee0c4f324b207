package dev.tallygate.server.tls;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * The CAs that are believed, read from one file; no other is, those of the machine included.
 * Immutable.
 */
public final class Authorities {
  private final X509ExtendedTrustManager trust;

  private Authorities(X509ExtendedTrustManager trust) {
    this.trust = trust;
  }

  /**
   * @throws TlsFileException if the file is absent, no PEM, or holds an expired certificate
   */
  public static Authorities read(Path file) throws TlsFileException {
    List<X509Certificate> certificates = PemFile.read(file).certificates();
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      for (int i = 0; i < certificates.size(); i++) {
        store.setCertificateEntry("ca-" + i, certificates.get(i));
      }
      TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
      factory.init(store);
      for (TrustManager manager : factory.getTrustManagers()) {
        if (manager instanceof X509ExtendedTrustManager extended) return new Authorities(extended);
      }
      throw new IllegalStateException("this JDK has no trust manager for X.509");
    } catch (GeneralSecurityException | IOException e) {
      throw new TlsFileException(file, "cannot be used: " + e.getMessage());
    }
  }

  /** Believes whom one of these CAs vouches for, with a certificate that is valid at the time. */
  public X509ExtendedTrustManager trust() {
    return trust;
  }

  /** Whether they vouch for the chain, on both ends of a connection. */
  public boolean vouchFor(CertificateChain chain) {
    try {
      trust.checkServerTrusted(chain.toArray(), "UNKNOWN");
      trust.checkClientTrusted(chain.toArray(), "UNKNOWN");
      return true;
    } catch (CertificateException e) {
      return false;
    }
  }
}
