// SPDX-License-Identifier: Apache-2.0

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/**
 * Answers one JSON line per JSON request line: what the JDK's PKIX path validator and its TLS trust manager
 * hold of a certificate chain at a given time, without revocation. Same protocol as the Go judge.
 */
public final class Judge {
  private static final Base64.Decoder BASE64 = Base64.getDecoder();

  private interface Check {
    void run() throws GeneralSecurityException;
  }

  public static void main(String[] args) throws IOException {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8), 1 << 20);
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      out.println(answer(new Request(line)));
    }
  }

  private static String answer(Request asked) {
    Map<String, String> verdicts = new TreeMap<>();
    verdicts.put("java-path", verdict(() -> validatePath(asked)));
    verdicts.put("java-server", verdict(() -> trustManager(asked).checkServerTrusted(chain(asked), "UNKNOWN")));
    verdicts.put("java-client", verdict(() -> trustManager(asked).checkClientTrusted(chain(asked), "UNKNOWN")));
    StringBuilder json = new StringBuilder("{\"id\":" + asked.number("id") + ",\"verdicts\":{");
    String separator = "";
    for (Map.Entry<String, String> entry : verdicts.entrySet()) {
      json.append(separator).append(quote(entry.getKey())).append(':').append(quote(entry.getValue()));
      separator = ",";
    }
    return json.append("}}").toString();
  }

  /** Empty when accepted; a crash of the library (an unchecked exception) is a refusal that says so. */
  private static String verdict(Check check) {
    try {
      check.run();
      return "";
    } catch (GeneralSecurityException refused) {
      Throwable cause = refused;
      while (cause.getCause() != null && cause.getCause() != cause) {
        cause = cause.getCause();
      }
      return "refused: " + cause.getMessage();
    } catch (RuntimeException crash) {
      return "crash: " + crash;
    }
  }

  /**
   * The JDK's validator takes exactly one path, so each prefix of the chain is tried, the longest first: a
   * verifier that already trusts the new root stops before the cross-certificate.
   */
  private static void validatePath(Request asked) throws GeneralSecurityException {
    List<X509Certificate> chain = List.of(chain(asked));
    CertPathValidator validator = CertPathValidator.getInstance("PKIX");
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    GeneralSecurityException first = null;
    for (int length = chain.size(); length > 0; length--) {
      try {
        validator.validate(factory.generateCertPath(chain.subList(0, length)), parameters(asked));
        return;
      } catch (GeneralSecurityException refused) {
        first = first == null ? refused : first;
      }
    }
    throw first == null ? new GeneralSecurityException("empty chain") : first;
  }

  private static X509TrustManager trustManager(Request asked) throws GeneralSecurityException {
    TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(new CertPathTrustManagerParameters(parameters(asked)));
    return (X509TrustManager) factory.getTrustManagers()[0];
  }

  private static PKIXBuilderParameters parameters(Request asked) throws GeneralSecurityException {
    Set<TrustAnchor> anchors = new HashSet<>();
    for (X509Certificate anchor : parse(asked.strings("anchors"))) {
      anchors.add(new TrustAnchor(anchor, null));
    }
    PKIXBuilderParameters parameters = new PKIXBuilderParameters(anchors, new X509CertSelector());
    parameters.setRevocationEnabled(false);
    parameters.setDate(new Date(asked.number("time") * 1000));
    return parameters;
  }

  private static X509Certificate[] chain(Request asked) throws GeneralSecurityException {
    return parse(asked.strings("chain")).toArray(new X509Certificate[0]);
  }

  private static List<X509Certificate> parse(List<String> all) throws GeneralSecurityException {
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    List<X509Certificate> certificates = new ArrayList<>();
    for (String base64 : all) {
      ByteArrayInputStream der = new ByteArrayInputStream(BASE64.decode(base64));
      certificates.add((X509Certificate) factory.generateCertificate(der));
    }
    return certificates;
  }

  private static String quote(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      boolean plain = c >= ' ' && c < 0x7f && c != '"' && c != '\\';
      quoted.append(plain ? String.valueOf(c) : String.format("\\u%04x", (int) c));
    }
    return quoted.append('"').toString();
  }

  /** One request: a flat JSON object whose values are numbers, strings or lists of strings without escapes. */
  private static final class Request {
    private final Map<String, List<String>> values = new TreeMap<>();
    private final String json;
    private int at;

    Request(String json) {
      this.json = json;
      take('{');
      while (json.charAt(at) != '}') {
        String name = string();
        take(':');
        values.put(name, json.charAt(at) == '[' ? list() : List.of(scalar()));
        if (json.charAt(at) == ',') {
          at++;
        }
      }
    }

    long number(String name) {
      return Long.parseLong(values.get(name).get(0));
    }

    List<String> strings(String name) {
      return values.getOrDefault(name, List.of());
    }

    private List<String> list() {
      List<String> items = new ArrayList<>();
      take('[');
      while (json.charAt(at) != ']') {
        items.add(scalar());
        if (json.charAt(at) == ',') {
          at++;
        }
      }
      take(']');
      return items;
    }

    private String scalar() {
      if (json.charAt(at) == '"') {
        return string();
      }
      int start = at;
      while (",]}".indexOf(json.charAt(at)) < 0) {
        at++;
      }
      return json.substring(start, at);
    }

    private String string() {
      take('"');
      int end = json.indexOf('"', at);
      String text = json.substring(at, end);
      at = end + 1;
      return text;
    }

    private void take(char expected) {
      if (json.charAt(at) != expected) {
        throw new IllegalArgumentException("expected " + expected + " at " + at + " of " + json);
      }
      at++;
    }
  }
}
