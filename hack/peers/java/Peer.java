// SPDX-License-Identifier: Apache-2.0

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/**
 * A peer of the handshake lab on JSSE: a server and a client of mutual TLS 1.3 that read their files anew for every
 * connection. Orders come on stdin, reports go to stdout; ../control.ts says what they look like.
 */
public final class Peer {
  private static final int PATIENCE_MS = 30_000;
  private static final ExecutorService THREADS = Executors.newCachedThreadPool();
  private static final char[] NO_PASSWORD = new char[0];
  private static Path directory;

  public static void main(String[] args) throws IOException {
    directory = Path.of(args[0]);
    ServerSocket listener = new ServerSocket(0, 128, InetAddress.getByName("127.0.0.1"));
    report("{\"listening\":" + listener.getLocalPort() + "}");
    Thread acceptor = new Thread(() -> accept(listener));
    acceptor.setDaemon(true);
    acceptor.start();
    BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = orders.readLine(); line != null; line = orders.readLine()) {
      String[] order = line.split(" ");
      if (order.length != 5 || !order[0].equals("connect")) {
        throw new IOException("Not an order: " + line);
      }
      THREADS.execute(() -> shakeHands(order[1], order[2], Integer.parseInt(order[3]), order[4]));
    }
    System.exit(0);
  }

  private static void accept(ServerSocket listener) {
    try {
      while (true) {
        Socket socket = listener.accept();
        THREADS.execute(() -> serve(socket));
      }
    } catch (IOException error) {
      System.err.println(error);
      System.exit(1);
    }
  }

  private static void serve(Socket raw) {
    String version = "";
    try (raw) {
      Path folder = current();
      version = folder.getFileName().toString();
      raw.setSoTimeout(PATIENCE_MS);
      try (SSLSocket socket = (SSLSocket) context(folder).getSocketFactory().createSocket(raw, null, true)) {
        socket.setUseClientMode(false);
        socket.setNeedClientAuth(true);
        socket.setEnabledProtocols(new String[] {"TLSv1.3"});
        answer(socket);
      }
    } catch (IOException | GeneralSecurityException | RuntimeException error) {
      report("{\"refused\":" + quote(reason(error)) + ",\"version\":" + quote(version) + "}");
    }
  }

  private static void shakeHands(String id, String host, int port, String name) {
    String version = "";
    String ending = "";
    try (Socket raw = new Socket()) {
      Path folder = current();
      version = folder.getFileName().toString();
      raw.connect(new InetSocketAddress(host, port), PATIENCE_MS);
      raw.setSoTimeout(PATIENCE_MS);
      try (SSLSocket socket = (SSLSocket) context(folder).getSocketFactory().createSocket(raw, name, port, true)) {
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setProtocols(new String[] {"TLSv1.3"});
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        socket.setSSLParameters(parameters);
        ask(socket);
      }
    } catch (IOException | GeneralSecurityException | RuntimeException error) {
      ending = ",\"error\":" + quote(reason(error));
    }
    report("{\"id\":" + id + ",\"version\":" + quote(version) + ending + "}");
  }

  /** The client's end of the conversation: only the server's last word proves that it took our certificate. */
  private static void ask(SSLSocket socket) throws IOException {
    BufferedReader lines = reader(socket);
    String own = "client " + UUID.randomUUID();
    write(socket, own);
    expect(lines, own);
    write(socket, read(lines));
    expect(lines, "done");
  }

  private static void answer(SSLSocket socket) throws IOException {
    BufferedReader lines = reader(socket);
    String own = "server " + UUID.randomUUID();
    write(socket, read(lines), own);
    expect(lines, own);
    write(socket, "done");
    // The client closes first, and nothing that is still on its way is lost.
    lines.readLine();
  }

  private static BufferedReader reader(SSLSocket socket) throws IOException {
    return new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
  }

  private static void write(SSLSocket socket, String... lines) throws IOException {
    OutputStream out = socket.getOutputStream();
    out.write((String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  private static String read(BufferedReader lines) throws IOException {
    String line = lines.readLine();
    if (line == null) {
      throw new IOException("The connection was closed");
    }
    return line;
  }

  private static void expect(BufferedReader lines, String wanted) throws IOException {
    String line = read(lines);
    if (!line.equals(wanted)) {
      throw new IOException("expected " + wanted + ", got " + line);
    }
  }

  /** The folder that the link "current" shows now; all its files are of one moment. */
  private static Path current() throws IOException {
    return directory.resolve("current").toRealPath();
  }

  /** A context of its own for each connection has no session that could be resumed. */
  private static SSLContext context(Path folder) throws IOException, GeneralSecurityException {
    KeyStore own = emptyStore();
    Certificate[] chain = certificates(folder.resolve("tls.crt")).toArray(new Certificate[0]);
    own.setKeyEntry("own", privateKey(folder.resolve("tls.key")), NO_PASSWORD, chain);
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(own, NO_PASSWORD);
    KeyStore anchors = emptyStore();
    for (Certificate anchor : certificates(folder.resolve("ca.crt"))) {
      anchors.setCertificateEntry("anchor" + anchors.size(), anchor);
    }
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(anchors);
    SSLContext context = SSLContext.getInstance("TLSv1.3");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }

  private static KeyStore emptyStore() throws IOException, GeneralSecurityException {
    // PKCS12 would derive a password key for every entry.
    KeyStore store = KeyStore.getInstance("JKS");
    store.load(null, NO_PASSWORD);
    return store;
  }

  private static Collection<? extends Certificate> certificates(Path file)
      throws IOException, GeneralSecurityException {
    byte[] pem = Files.readAllBytes(file);
    return CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(pem));
  }

  private static PrivateKey privateKey(Path file) throws IOException, GeneralSecurityException {
    String pem = Files.readString(file).replaceAll("-----[A-Z ]+-----|\\s", "");
    return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
  }

  private static String reason(Throwable error) {
    Throwable cause = error;
    while (cause.getCause() != null && cause.getCause() != cause) {
      cause = cause.getCause();
    }
    return cause == error ? error.toString() : error + ": " + cause.getMessage();
  }

  private static synchronized void report(String line) {
    System.out.println(line);
    System.out.flush();
  }

  private static String quote(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\' || c < ' ') {
        quoted.append(String.format("\\u%04x", (int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }
}
