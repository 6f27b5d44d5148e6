package dev.mooring.adapter.http;

import dev.mooring.domain.client.TrustedCa;

import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.client5.http.ssl.HostnameVerificationPolicy;
import org.apache.hc.client5.http.ssl.TlsSocketStrategy;
import org.apache.hc.core5.http.protocol.HttpContext;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/**
 * TLS with the trust of the call it is for: the runtime's authorities, the operator's, the client's
 * own. Host names are verified. What belongs to one authority is made once and kept while it is in
 * use, because making it reads every authority of the runtime.
 */
final class TrustedTls implements TlsSocketStrategy {
    private static final int MOST_KEPT = 256;

    private final List<Certificate> everywhere;
    private final Map<Optional<TrustedCa>, DefaultClientTlsStrategy> kept =
            new LinkedHashMap<>(16, 0.75f, true);

    /**
     * @throws IllegalArgumentException if the operator's authority cannot be read
     */
    TrustedTls(Optional<TrustedCa> everywhere) {
        try {
            this.everywhere = new ArrayList<>(runtimeAuthorities());
            if (everywhere.isPresent()) {
                this.everywhere.addAll(certificates(everywhere.get()));
            }
        } catch (CertificateException e) {
            throw new IllegalArgumentException("the trusted authority is not a PEM certificate", e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the runtime's authorities cannot be read", e);
        }
    }

    @Override
    public SSLSocket upgrade(
            Socket socket, String target, int port, Object attachment, HttpContext context)
            throws IOException {
        return strategy(Call.of(context)).upgrade(socket, target, port, attachment, context);
    }

    private synchronized DefaultClientTlsStrategy strategy(Call call) {
        Optional<TrustedCa> trust = call.request().trust();
        DefaultClientTlsStrategy strategy = kept.get(trust);
        if (strategy == null) {
            strategy =
                    new DefaultClientTlsStrategy(
                            context(call, trust), HostnameVerificationPolicy.BUILTIN, null);
            kept.put(trust, strategy);
            if (kept.size() > MOST_KEPT) {
                kept.remove(kept.keySet().iterator().next());
            }
        }
        return strategy;
    }

    private SSLContext context(Call call, Optional<TrustedCa> trust) {
        List<Certificate> trusted = new ArrayList<>(everywhere);
        try {
            if (trust.isPresent()) {
                trusted.addAll(certificates(trust.get()));
            }
            return context(trusted);
        } catch (CertificateException e) {
            throw call.failed(
                    OutboundException.Reason.TLS_FAILED,
                    "the private authority given for %s is not a PEM certificate");
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("TLS cannot be set up", e);
        }
    }

    private static SSLContext context(List<Certificate> trusted)
            throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        for (int i = 0; i < trusted.size(); i++) {
            store.setCertificateEntry("authority-" + i, trusted.get(i));
        }
        TrustManagerFactory factory =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, factory.getTrustManagers(), null);
        return context;
    }

    private static List<? extends Certificate> runtimeAuthorities()
            throws GeneralSecurityException {
        TrustManagerFactory factory =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init((KeyStore) null);
        return Arrays.stream(factory.getTrustManagers())
                .filter(X509TrustManager.class::isInstance)
                .map(X509TrustManager.class::cast)
                .flatMap(manager -> Arrays.stream(manager.getAcceptedIssuers()))
                .toList();
    }

    private static Collection<? extends Certificate> certificates(TrustedCa authority)
            throws CertificateException {
        byte[] pem = authority.pem().strip().getBytes(StandardCharsets.US_ASCII);
        return CertificateFactory.getInstance("X.509")
                .generateCertificates(new ByteArrayInputStream(pem));
    }
}
