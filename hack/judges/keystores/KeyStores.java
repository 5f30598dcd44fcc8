// SPDX-License-Identifier: Apache-2.0

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Collections;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/**
 * Opens a key store and a trust store as a server program does, shakes hands with itself over mutual TLS, and exchanges
 * a byte both ways. Arguments: password, then pairs of files. Prints one line a pair: aliases, chain length, protocol.
 * Without arguments: the same handshake with what the JVM was given as options.
 */
public final class KeyStores {
  public static void main(String[] args) throws Exception {
    if (args.length == 0) {
      System.out.println(handshake(SSLContext.getDefault()));
      return;
    }
    char[] password = args[0].toCharArray();
    for (int i = 1; i + 1 < args.length; i += 2) {
      System.out.println(judged(args[i], args[i + 1], password));
    }
  }

  private static String judged(String keyFile, String trustFile, char[] password) throws Exception {
    KeyStore keys = load(keyFile, password);
    KeyStore trust = load(trustFile, password);
    String alias = Collections.list(keys.aliases()).get(0);
    String facts = alias + " " + keys.getCertificateChain(alias).length + " " + anchors(trust);
    return facts + " " + handshake(context(keys, trust, password));
  }

  private static int anchors(KeyStore trust) throws GeneralSecurityException {
    int count = 0;
    for (String alias : Collections.list(trust.aliases())) {
      count += trust.isCertificateEntry(alias) ? 1 : 0;
    }
    return count;
  }

  private static KeyStore load(String file, char[] password) throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = new FileInputStream(file)) {
      store.load(in, password);
    }
    return store;
  }

  private static SSLContext context(KeyStore keys, KeyStore trust, char[] password) throws GeneralSecurityException {
    KeyManagerFactory keyManagers = KeyManagerFactory.getInstance("PKIX");
    keyManagers.init(keys, password);
    TrustManagerFactory trustManagers = TrustManagerFactory.getInstance("PKIX");
    trustManagers.init(trust);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keyManagers.getKeyManagers(), trustManagers.getTrustManagers(), null);
    return context;
  }

  private static String handshake(SSLContext context) throws Exception {
    try (SSLServerSocket server = (SSLServerSocket) context.getServerSocketFactory().createServerSocket(0)) {
      server.setNeedClientAuth(true);
      Thread echo = new Thread(() -> echo(server));
      echo.start();
      String protocol;
      try (SSLSocket client =
          (SSLSocket) context.getSocketFactory().createSocket("localhost", server.getLocalPort())) {
        client.setSoTimeout(10_000);
        client.getOutputStream().write(42);
        protocol = client.getInputStream().read() == 42 ? client.getSession().getProtocol() : "no echo";
      }
      echo.join(10_000);
      return protocol;
    }
  }

  private static void echo(SSLServerSocket server) {
    try (SSLSocket socket = (SSLSocket) server.accept()) {
      socket.getOutputStream().write(socket.getInputStream().read());
    } catch (IOException refused) {
      System.err.println(refused);
    }
  }
}
