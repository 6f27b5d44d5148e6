package dev.mooring.adapter.http;

import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.impl.DefaultSchemePortResolver;
import org.apache.hc.client5.http.impl.io.DefaultHttpClientConnectionOperator;
import org.apache.hc.client5.http.io.ManagedHttpClientConnection;
import org.apache.hc.client5.http.ssl.TlsSocketStrategy;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.io.SocketConfig;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.net.NamedEndpoint;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.Iterator;

/**
 * Opens connections for the library's pool. It dials the addresses that were checked for the call,
 * one after the other, and nothing else; TLS and the {@code Host} header keep the name.
 */
final class GuardedDialer extends DefaultHttpClientConnectionOperator {

    private final Routes routes;

    GuardedDialer(Routes routes, TlsSocketStrategy tls) {
        super(
                DefaultSchemePortResolver.INSTANCE,
                new NoNames(),
                scheme -> scheme.equalsIgnoreCase("https") ? tls : null);
        this.routes = routes;
    }

    @Override
    public void connect(
            ManagedHttpClientConnection connection,
            HttpHost hop,
            @Nullable NamedEndpoint name,
            @Nullable Path unixDomainSocket,
            @Nullable InetSocketAddress local,
            @Nullable Timeout timeout,
            SocketConfig socketConfig,
            @Nullable Object attachment,
            HttpContext context)
            throws IOException {
        Call call = Call.of(context);
        Iterator<InetAddress> addresses = routes.firstHop(call).iterator();
        while (true) {
            InetAddress address = addresses.next();
            try {
                super.connect(
                        connection,
                        new HttpHost(
                                hop.getSchemeName(), address, hop.getHostName(), hop.getPort()),
                        name,
                        unixDomainSocket,
                        local,
                        Timeout.of(call.atMost(call.request().limits().connect())),
                        socketConfig,
                        attachment,
                        context);
                return;
            } catch (IOException e) {
                if (!addresses.hasNext()) {
                    throw e;
                }
            }
        }
    }

    /** TLS through a tunnel, for which the library knows no time-out of its own. */
    @Override
    public void upgrade(
            ManagedHttpClientConnection connection,
            HttpHost target,
            @Nullable NamedEndpoint name,
            @Nullable Object attachment,
            HttpContext context)
            throws IOException {
        Call call = Call.of(context);
        connection.setSocketTimeout(Timeout.of(call.atMost(call.request().limits().connect())));
        super.upgrade(connection, target, name, attachment, context);
    }

    /**
     * In the library's place for a resolver, because every name is looked up and checked before.
     */
    private static final class NoNames implements DnsResolver {

        @Override
        public InetAddress[] resolve(String host) throws UnknownHostException {
            throw new UnknownHostException("names are not looked up here");
        }

        @Override
        public String resolveCanonicalHostname(String host) {
            return host;
        }
    }
}
