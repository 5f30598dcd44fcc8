// SPDX-License-Identifier: Apache-2.0

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/** What the Secret of a ServiceIdentity holds, all of one version. */
final class Identity {
  final Path folder;
  final X509Certificate[] chain;
  final PrivateKey key;
  /** Checks chains against ca.crt and nothing else. */
  final X509ExtendedTrustManager anchors;
  final String id;
  /** Null: everybody of the trust domain. Empty: nobody. */
  final List<String> allowedClients;
  final List<String> allowedServers;

  /**
   * Reads the files in a directory. The kubelet writes all files of a Secret into a new folder and then turns the link
   * ..data to it: reading through the link once gives files that belong together.
   */
  Identity(Path directory) throws IOException, GeneralSecurityException {
    folder = currentFolder(directory);
    chain = certificates(folder.resolve("tls.crt")).toArray(new X509Certificate[0]);
    key = privateKey(folder.resolve("tls.key"), chain[0].getPublicKey().getAlgorithm());
    anchors = trusting(certificates(folder.resolve("ca.crt")));
    id = Peers.spiffeID(chain[0]);
    allowedClients = peers(folder.resolve("allowed-clients"));
    allowedServers = peers(folder.resolve("allowed-servers"));
    // The folder goes when the next one comes; a list that went in the meantime must not read as "no list".
    if (!currentFolder(directory).equals(folder)) {
      throw new IOException(directory + " changed while it was read");
    }
  }

  static Path currentFolder(Path directory) throws IOException {
    return directory.resolve("..data").toRealPath();
  }

  /** Names this version of key and chain. */
  String alias() {
    return chain[0].getSerialNumber().toString(16);
  }

  private static X509ExtendedTrustManager trusting(Collection<? extends Certificate> anchors)
      throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    for (Certificate anchor : anchors) {
      store.setCertificateEntry("anchor-" + store.size(), anchor);
    }
    TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(store);
    for (TrustManager manager : factory.getTrustManagers()) {
      if (manager instanceof X509ExtendedTrustManager found) {
        return found;
      }
    }
    throw new GeneralSecurityException("This Java runtime has no X.509 trust manager");
  }

  private static Collection<? extends Certificate> certificates(Path file)
      throws IOException, GeneralSecurityException {
    byte[] pem = Files.readAllBytes(file);
    return CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(pem));
  }

  private static PrivateKey privateKey(Path file, String algorithm) throws IOException, GeneralSecurityException {
    String pem = Files.readString(file).replaceAll("-----[A-Z ]+-----|\\s", "");
    byte[] der = Base64.getDecoder().decode(pem);
    return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
  }

  /** One SPIFFE ID pattern a line; null when there is no such file. */
  private static List<String> peers(Path file) throws IOException {
    try {
      return Files.readAllLines(file).stream().filter(line -> !line.isEmpty()).toList();
    } catch (NoSuchFileException absent) {
      return null;
    }
  }
}
