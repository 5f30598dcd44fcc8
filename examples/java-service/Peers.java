// SPDX-License-Identifier: Apache-2.0

import java.security.cert.CertificateException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Decides on a peer whose chain is sound: TLS knows who signed a certificate, not whose it is or whom we allow.
 */
final class Peers {
  private static final Pattern SPIFFE_ID = Pattern.compile("spiffe://[a-z0-9._-]{1,255}(/[a-zA-Z0-9._-]+)+");
  /** Of a uniformResourceIdentifier among the subject alternative names. */
  private static final Integer URI = 6;

  private Peers() {}

  /** Returns for a peer that is welcome. {@code allowed} null: everybody of our own trust domain. */
  static void judge(X509Certificate certificate, String ownID, List<String> allowed) throws CertificateException {
    String id = spiffeID(certificate);
    if (!trustDomainOf(id).equals(trustDomainOf(ownID))) {
      throw new CertificateException(id + " is of another trust domain");
    }
    if (allowed != null && allowed.stream().noneMatch(pattern -> matches(pattern, id))) {
      throw new CertificateException(id + " is not allowed");
    }
  }

  /** The only URI name of a workload's certificate (X509-SVID 2). */
  static String spiffeID(X509Certificate certificate) throws CertificateParsingException {
    Collection<List<?>> names = certificate.getSubjectAlternativeNames();
    List<Object> uris =
        names == null
            ? List.of()
            : names.stream().filter(name -> URI.equals(name.get(0))).<Object>map(name -> name.get(1)).toList();
    if (uris.size() != 1) {
      throw new CertificateParsingException("The certificate has " + uris.size() + " URI names, not one");
    }
    String id = (String) uris.get(0);
    if (!SPIFFE_ID.matcher(id).matches() || certificate.getBasicConstraints() != -1) {
      throw new CertificateParsingException("The certificate is not that of a workload");
    }
    return id;
  }

  /** A * stands for exactly one whole path segment. */
  private static boolean matches(String pattern, String id) {
    String[] wanted = pattern.split("/", -1);
    String[] given = id.split("/", -1);
    if (wanted.length != given.length || !trustDomainOf(pattern).equals(trustDomainOf(id))) {
      return false;
    }
    for (int index = 0; index < wanted.length; index++) {
      if (!wanted[index].equals("*") && !wanted[index].equals(given[index])) {
        return false;
      }
    }
    return true;
  }

  private static String trustDomainOf(String id) {
    String[] parts = id.split("/", -1);
    return parts.length > 2 ? parts[2] : "";
  }
}
