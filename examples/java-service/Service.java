// SPDX-License-Identifier: Apache-2.0

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URL;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Date;
import java.util.concurrent.Executors;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/**
 * An HTTP service whose clients prove who they are, and a client of it: mutual TLS with the files of a ServiceIdentity,
 * with the standard library and nothing else.
 *
 * <p>{@code Service <identity directory> serve <address> <port>}, or
 * {@code Service <identity directory> call <url> [<milliseconds between requests>]}.
 */
public final class Service {
  private static final int PATIENCE_MS = 10_000;
  private static final int MOST_BYTES = 1 << 20;

  public static void main(String[] args) throws IOException, GeneralSecurityException, InterruptedException {
    SSLContext context = new Following(Path.of(args[0])).context();
    if (args[1].equals("serve")) {
      serve(context, new InetSocketAddress(args[2], Integer.parseInt(args[3])));
    } else {
      call(context, URI.create(args[2]).toURL(), args.length > 3 ? Integer.parseInt(args[3]) : 0);
    }
  }

  private static void serve(SSLContext context, InetSocketAddress address) throws IOException {
    HttpsServer server = HttpsServer.create(address, 0);
    server.setHttpsConfigurator(
        new HttpsConfigurator(context) {
          @Override
          public void configure(HttpsParameters parameters) {
            SSLParameters settings = context.getDefaultSSLParameters();
            // The default lets clients in without a certificate.
            settings.setNeedClientAuth(true);
            settings.setProtocols(new String[] {"TLSv1.3"});
            parameters.setSSLParameters(settings);
          }
        });
    server.createContext("/", Service::echo);
    server.setExecutor(Executors.newCachedThreadPool());
    server.start();
    report("Listening", "port", String.valueOf(server.getAddress().getPort()));
  }

  /** Sends the body back, and says who the client is. */
  private static void echo(HttpExchange exchange) throws IOException {
    try (exchange) {
      X509Certificate peer =
          (X509Certificate) ((HttpsExchange) exchange).getSSLSession().getPeerCertificates()[0];
      // A connection outlives the certificate that it was opened with, unless somebody ends it.
      if (new Date().after(peer.getNotAfter())) {
        exchange.getResponseHeaders().set("Connection", "close");
      }
      byte[] body = exchange.getRequestBody().readNBytes(MOST_BYTES);
      exchange.getResponseHeaders().set("X-Peer-ID", Peers.spiffeID(peer));
      exchange.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
      exchange.getResponseBody().write(body);
    } catch (GeneralSecurityException error) {
      throw new IOException(error);
    }
  }

  /** Makes requests, each on a connection of its own with the newest certificate. */
  private static void call(SSLContext context, URL url, int every) throws InterruptedException {
    while (true) {
      try {
        exchange(context, url);
        report("Exchanged");
      } catch (IOException error) {
        report("Request failed", "problem", error.toString());
        if (every == 0) {
          System.exit(1);
        }
      }
      if (every == 0) {
        return;
      }
      Thread.sleep(every);
    }
  }

  private static void exchange(SSLContext context, URL url) throws IOException {
    byte[] sent = new byte[32];
    new SecureRandom().nextBytes(sent);
    HttpsURLConnection connection = (HttpsURLConnection) url.openConnection();
    connection.setSSLSocketFactory(context.getSocketFactory());
    connection.setConnectTimeout(PATIENCE_MS);
    connection.setReadTimeout(PATIENCE_MS);
    connection.setRequestProperty("Connection", "close");
    connection.setDoOutput(true);
    try {
      connection.getOutputStream().write(sent);
      // With TLS 1.3 only bytes that came back prove that the server accepted us.
      byte[] received = connection.getInputStream().readNBytes(MOST_BYTES);
      if (!Arrays.equals(sent, received)) {
        throw new IOException("the server sent other bytes back");
      }
    } finally {
      connection.disconnect();
    }
  }

  /** Writes one JSON object a line on stdout; the texts are ours or those of exceptions. */
  static void report(String message, String... fields) {
    StringBuilder line = new StringBuilder("{\"message\":").append(quote(message));
    for (int index = 0; index + 1 < fields.length; index += 2) {
      line.append(',').append(quote(fields[index])).append(':').append(quote(fields[index + 1]));
    }
    System.out.println(line.append('}'));
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
