// SPDX-License-Identifier: Apache-2.0

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * An SSLContext that always has the newest identity that could be read: whatever takes an SSLContext needs to know
 * nothing of renewals.
 */
final class Following {
  /** How often the files are looked at. It counts against the TrustDomain's propagationMargin. */
  private static final long LOOK_EVERY_MS = 1_000;
  /** For how long a session may be resumed, which skips every check. 0 would mean for ever. */
  private static final int SESSION_SECONDS = 60;

  private final Path directory;
  private volatile Identity current;
  /** A handshake asks for the alias, the chain and the key one after the other. */
  private volatile Identity previous;

  Following(Path directory) throws IOException, GeneralSecurityException {
    this.directory = directory;
    this.current = new Identity(directory);
    this.previous = current;
    Thread follower = new Thread(this::follow, "identity");
    follower.setDaemon(true);
    follower.start();
  }

  /** For servers and clients. Servers must still ask for a client's certificate: setNeedClientAuth(true). */
  SSLContext context() throws GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLSv1.3");
    context.init(new KeyManager[] {new Keys()}, new TrustManager[] {new Trust()}, new SecureRandom());
    context.getServerSessionContext().setSessionTimeout(SESSION_SECONDS);
    context.getClientSessionContext().setSessionTimeout(SESSION_SECONDS);
    return context;
  }

  /** What cannot be read is reported and tried again: until then the last identity is the best there is. */
  private void follow() {
    while (true) {
      try {
        Thread.sleep(LOOK_EVERY_MS);
        if (Identity.currentFolder(directory).equals(current.folder)) {
          continue;
        }
        Identity next = new Identity(directory);
        previous = current;
        current = next;
        Service.report("Loaded a new identity", "notAfter", next.chain[0].getNotAfter().toInstant().toString());
      } catch (IOException | GeneralSecurityException | RuntimeException error) {
        Service.report("Could not load the identity", "problem", error.toString());
      } catch (InterruptedException ended) {
        return;
      }
    }
  }

  private final class Keys extends X509ExtendedKeyManager {
    @Override
    public String chooseEngineServerAlias(String type, Principal[] issuers, SSLEngine engine) {
      return alias(type);
    }

    @Override
    public String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
      return alias(type);
    }

    @Override
    public String chooseEngineClientAlias(String[] types, Principal[] issuers, SSLEngine engine) {
      return alias(types);
    }

    @Override
    public String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) {
      return alias(types);
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
      Identity identity = named(alias);
      return identity == null ? null : identity.chain;
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
      Identity identity = named(alias);
      return identity == null ? null : identity.key;
    }

    @Override
    public String[] getServerAliases(String type, Principal[] issuers) {
      return getClientAliases(type, issuers);
    }

    @Override
    public String[] getClientAliases(String type, Principal[] issuers) {
      String alias = alias(type);
      return alias == null ? null : new String[] {alias};
    }

    private String alias(String... types) {
      Identity identity = current;
      return List.of(types).contains(identity.key.getAlgorithm()) ? identity.alias() : null;
    }

    private Identity named(String alias) {
      Identity last = current;
      if (last.alias().equals(alias)) {
        return last;
      }
      Identity before = previous;
      return before.alias().equals(alias) ? before : null;
    }
  }

  /** The chain first, then whose certificate it is. */
  private final class Trust extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) throws CertificateException {
      Identity own = current;
      own.anchors.checkClientTrusted(chain, type, engine);
      Peers.judge(chain[0], own.id, own.allowedClients);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException {
      Identity own = current;
      own.anchors.checkClientTrusted(chain, type, socket);
      Peers.judge(chain[0], own.id, own.allowedClients);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) throws CertificateException {
      Identity own = current;
      own.anchors.checkServerTrusted(chain, type, engine);
      Peers.judge(chain[0], own.id, own.allowedServers);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException {
      Identity own = current;
      own.anchors.checkServerTrusted(chain, type, socket);
      Peers.judge(chain[0], own.id, own.allowedServers);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
      Identity own = current;
      own.anchors.checkClientTrusted(chain, type);
      Peers.judge(chain[0], own.id, own.allowedClients);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
      Identity own = current;
      own.anchors.checkServerTrusted(chain, type);
      Peers.judge(chain[0], own.id, own.allowedServers);
    }

    /** Sent to clients as a hint; roots change, and ours need none. */
    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
