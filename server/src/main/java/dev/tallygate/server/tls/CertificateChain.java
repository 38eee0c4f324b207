package dev.tallygate.server.tls;

import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;

/**
 * A certificate with its issuers, read from one file and valid when it was read. Immutable; a file
 * that changes later is not seen.
 */
public final class CertificateChain {
  private static final Map<String, String> SIGNATURES =
      Map.of("RSA", "SHA256withRSA", "EC", "SHA256withECDSA");
  private static final String FOR_SERVERS = "1.3.6.1.5.5.7.3.1";
  private static final String FOR_ANYTHING = "2.5.29.37.0";

  private final Path file;
  private final List<X509Certificate> certificates;

  private CertificateChain(Path file, List<X509Certificate> certificates) {
    this.file = file;
    this.certificates = List.copyOf(certificates);
  }

  /**
   * @throws TlsFileException if the file is absent, no PEM, expired, out of order or of a kind of
   *     key that is not used here
   */
  public static CertificateChain read(Path file) throws TlsFileException {
    CertificateChain chain = new CertificateChain(file, PemFile.read(file).certificates());
    chain.requireKnownKey();
    chain.requireOrder();
    return chain;
  }

  X509Certificate[] toArray() {
    return certificates.toArray(X509Certificate[]::new);
  }

  /** The one that speaks for its owner; the others say who vouches for it. */
  public X509Certificate leaf() {
    return certificates.get(0);
  }

  /**
   * @throws TlsFileException if the certificate says that it is for something else than servers
   */
  public CertificateChain forServers() throws TlsFileException {
    try {
      List<String> usages = leaf().getExtendedKeyUsage();
      if (usages != null && !usages.contains(FOR_SERVERS) && !usages.contains(FOR_ANYTHING)) {
        throw new TlsFileException(
            file, "is not for servers (extended key usage): ask its CA for one that is");
      }
      return this;
    } catch (CertificateParsingException e) {
      throw new TlsFileException(file, "is damaged: " + e.getMessage());
    }
  }

  /**
   * Joins the chain and the private key that it was made with.
   *
   * @throws TlsFileException if the key file is absent, no PEM, of another certificate, or readable
   *     by everybody
   */
  public KeyManager withKey(Path keyFile) throws TlsFileException {
    PublicKey publicKey = leaf().getPublicKey();
    PrivateKey key = PemFile.read(keyFile).privateKey(publicKey.getAlgorithm());
    try {
      if (!fits(key, publicKey)) {
        throw new TlsFileException(
            keyFile,
            "does not fit the certificate `"
                + file
                + "`: name the key that the certificate was made with");
      }
      PemFile.requirePrivate(keyFile);
      char[] inMemory = new char[0];
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setKeyEntry("own", key, inMemory, toArray());
      KeyManagerFactory factory =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      factory.init(store, inMemory);
      return factory.getKeyManagers()[0];
    } catch (GeneralSecurityException | java.io.IOException e) {
      throw new TlsFileException(keyFile, "cannot be used: " + e.getMessage());
    }
  }

  private static boolean fits(PrivateKey key, PublicKey publicKey) throws GeneralSecurityException {
    byte[] anything = {1, 2, 3};
    Signature signature = Signature.getInstance(SIGNATURES.get(key.getAlgorithm()));
    signature.initSign(key);
    signature.update(anything);
    byte[] signed = signature.sign();
    signature.initVerify(publicKey);
    signature.update(anything);
    return signature.verify(signed);
  }

  private void requireKnownKey() throws TlsFileException {
    String algorithm = leaf().getPublicKey().getAlgorithm();
    if (!SIGNATURES.containsKey(algorithm)) {
      throw new TlsFileException(
          file, "has a key of `" + algorithm + "`: ask for one with an RSA or EC key");
    }
  }

  private void requireOrder() throws TlsFileException {
    for (int i = 0; i + 1 < certificates.size(); i++) {
      try {
        certificates.get(i).verify(certificates.get(i + 1).getPublicKey());
      } catch (GeneralSecurityException e) {
        throw new TlsFileException(
            file,
            "is out of order: certificate "
                + (i + 1)
                + " is not signed by the one behind it; put the own certificate first, then its"
                + " issuer, then the issuer's");
      }
    }
  }
}
