package dev.mooring.adapter.http;

import dev.mooring.adapter.http.OutboundException.Reason;
import dev.mooring.adapter.http.OutboundSettings.Share;
import dev.mooring.application.port.Budget;

import org.apache.hc.client5.http.auth.AuthScope;
import org.apache.hc.client5.http.auth.UsernamePasswordCredentials;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.ChainElement;
import org.apache.hc.client5.http.impl.DefaultConnectionKeepAliveStrategy;
import org.apache.hc.client5.http.impl.auth.BasicCredentialsProvider;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManager;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.pool.PoolConcurrencyPolicy;
import org.apache.hc.core5.pool.PoolReusePolicy;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;

/**
 * The HTTP client that every outbound call goes through; one for the whole process. Calls block and
 * are meant for virtual threads; any number of threads may call at once.
 *
 * <p>A call goes only where {@link OutboundAllow} and the list of special-purpose addresses permit,
 * to an address that was checked after its one look-up. There are no cookies, no retries, no
 * answers to challenges and no decompression, and no redirects but those a metadata request asks
 * for. Kept connections serve only the same scheme, host, port and trust. Streams that stay open
 * have connections of their own, so that no number of them keeps a call from its server.
 */
public final class GuardedHttp implements AutoCloseable {

    private static final int MOST_REDIRECTS = 3;
    private static final Duration LOOK_UP = CallLimits.DEFAULT.connect();
    private static final Duration KEPT_IDLE = Duration.ofSeconds(30);
    private static final Http1Config HEADER_LIMITS =
            Http1Config.custom()
                    .setMaxLineLength(16 * 1024)
                    .setMaxHeaderCount(100)
                    .setMaxEmptyLineCount(4)
                    .build();

    private final BoundedLookup lookup;
    private final Routes routes;
    private final Deadlines deadlines = new Deadlines();
    private final Pool calls;
    private final Pool streams;
    private volatile boolean closed;

    /** Connections, and the client that uses them. */
    private record Pool(
            PoolingHttpClientConnectionManager connections, CloseableHttpClient client) {
        static Pool of(Share share, OutboundSettings settings, GuardedDialer dialer) {
            PoolingHttpClientConnectionManager connections = pooled(share, dialer);
            return new Pool(connections, GuardedHttp.client(settings, connections));
        }

        int open() {
            return connections.getTotalStats().getLeased()
                    + connections.getTotalStats().getAvailable();
        }
    }

    public GuardedHttp(OutboundSettings settings) {
        this(settings, NameResolver.platform());
    }

    /** With a resolver other than the platform's. */
    public GuardedHttp(OutboundSettings settings, NameResolver resolver) {
        lookup = new BoundedLookup(resolver);
        routes = new Routes(new OutboundGuard(settings.allow(), lookup), lookup, settings.proxy());
        GuardedDialer dialer = new GuardedDialer(routes, new TrustedTls(settings.trust()));
        calls = Pool.of(settings.calls(), settings, dialer);
        streams = Pool.of(settings.streams(), settings, dialer);
        deadlines.every(
                Duration.ofSeconds(10),
                () -> {
                    calls.connections().closeIdle(TimeValue.of(KEPT_IDLE));
                    streams.connections().closeIdle(TimeValue.of(KEPT_IDLE));
                });
    }

    /**
     * Makes a call and reads the whole answer, whatever its status.
     *
     * @throws OutboundException if there is no complete answer within the limits
     */
    public OutboundAnswer send(OutboundRequest request) {
        return request.followsRedirects() ? following(request.underOneBudget()) : once(request);
    }

    private OutboundAnswer once(OutboundRequest request) {
        return stream(request).readAll();
    }

    private OutboundAnswer following(OutboundRequest request) {
        OutboundRequest next = request;
        for (int redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
            OutboundAnswer answer = once(next);
            Optional<URI> location = sameOriginRedirect(next.uri(), answer);
            if (location.isEmpty()) {
                return answer;
            }
            next = next.at(location.get());
        }
        throw new OutboundException(
                Reason.TOO_MANY_REDIRECTS,
                true,
                "%s redirects more than %d times"
                        .formatted(Destination.of(request.uri()), MOST_REDIRECTS));
    }

    /**
     * Makes a call and gives the answer out as soon as its header is there. The caller closes it.
     *
     * @throws OutboundException if there is no answer within the limits
     */
    public OutboundStream stream(OutboundRequest request) {
        Destination destination = Destination.of(request.uri());
        URI ascii = URI.create(request.uri().toASCIIString());
        HttpUriRequestBase exchange = new HttpUriRequestBase(request.method().name(), ascii);
        Call call = new Call(request, destination, exchange);
        if (closed) {
            throw call.failed(Reason.CANCELLED, "the client that should call %s is closed");
        }
        try {
            call.start(deadlines);
            call.route(routes.plan(call));
            return answer(call, execute(call, exchange));
        } catch (IOException e) {
            throw call.failure(e);
        } catch (CancellationException e) {
            // Thrown where the deadline passes while the call waits for a connection to be free.
            throw call.failure(new InterruptedIOException(e.getMessage()));
        } catch (RuntimeException e) {
            throw call.failure(e);
        }
    }

    /** How many streams may be open to one host and port. */
    public int mostStreamsToOneHost() {
        return streams.connections().getDefaultMaxPerRoute();
    }

    /**
     * Whether a call to this URL would be let through; a name is looked up for it, but nobody is
     * called.
     *
     * @throws OutboundException if the call would be refused, or the name cannot be looked up
     */
    public void requireAllowed(URI uri, Budget budget) {
        Duration patience =
                budget.remaining().compareTo(LOOK_UP) < 0 ? budget.remaining() : LOOK_UP;
        routes.requireAllowed(Destination.of(uri), patience);
    }

    private ClassicHttpResponse execute(Call call, HttpUriRequestBase exchange) throws IOException {
        OutboundRequest request = call.request();
        request.headers()
                .fields()
                .forEach(field -> exchange.addHeader(field.name(), field.value()));
        exchange.addHeader("Accept-Encoding", "identity");
        if (request.freshConnection()) {
            exchange.addHeader("Connection", "close");
        }
        if (request.method() == OutboundRequest.Method.POST) {
            exchange.setEntity(new ByteArrayEntity(request.body().bytes(), null));
        }
        exchange.setConfig(
                RequestConfig.custom()
                        .setConnectionRequestTimeout(
                                Timeout.of(call.atMost(request.limits().connect())))
                        .setResponseTimeout(Timeout.of(request.limits().read()))
                        .setProtocolUpgradeEnabled(false)
                        .setAuthenticationEnabled(call.route().isTunnelled())
                        .build());
        HttpClientContext context = HttpClientContext.create();
        call.attachTo(context);
        // The pool hands out only connections that were put back with an equal token.
        context.setUserToken(request.freshConnection() ? new Object() : request.trust());
        Destination destination = call.destination();
        HttpHost host = new HttpHost(destination.scheme(), destination.host(), destination.port());
        Pool pool = request.limits().isStream() ? streams : calls;
        return pool.client().executeOpen(host, exchange, context);
    }

    private static OutboundStream answer(Call call, ClassicHttpResponse response)
            throws IOException {
        // The library hands a proxy's refusal out as if the target had answered.
        if (!call.mayHaveBeenSent()) {
            throw call.failed(
                    Reason.CONNECT_FAILED,
                    "the proxy refuses a tunnel to %s with status " + response.getCode());
        }
        Headers headers =
                Headers.of(
                        Arrays.stream(response.getHeaders())
                                .map(header ->
                                        new Headers.Field(header.getName(), header.getValue()))
                                .toList());
        requireUnencoded(call, headers);
        InputStream body =
                response.getEntity() == null
                        ? InputStream.nullInputStream()
                        : response.getEntity().getContent();
        return new OutboundStream(response.getCode(), headers, call, body);
    }

    /**
     * We asked for plain bytes, so nothing here can be made to unpack a small answer into a huge
     * one.
     */
    private static void requireUnencoded(Call call, Headers headers) {
        for (String coding : headers.all("Content-Encoding")) {
            if (!coding.isBlank() && !coding.strip().equalsIgnoreCase("identity")) {
                throw call.failed(Reason.BROKEN_ANSWER, "the answer of %s is encoded, unasked");
            }
        }
    }

    /**
     * Where the answer redirects to, if that is the same scheme, host and port and any URL at all.
     */
    private static Optional<URI> sameOriginRedirect(URI from, OutboundAnswer answer) {
        return switch (answer.status()) {
            case 301, 302, 303, 307, 308 ->
                    answer.headers()
                            .first("Location")
                            .flatMap(location -> resolved(from, location))
                            .filter(to -> isSameOrigin(from, to));
            default -> Optional.empty();
        };
    }

    private static Optional<URI> resolved(URI from, String location) {
        try {
            return Optional.of(from.resolve(location));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static boolean isSameOrigin(URI from, URI to) {
        try {
            return Destination.of(from).equals(Destination.of(to));
        } catch (OutboundException e) {
            return false;
        }
    }

    private static PoolingHttpClientConnectionManager pooled(Share share, GuardedDialer dialer) {
        PoolingHttpClientConnectionManager connections =
                new PoolingHttpClientConnectionManager(
                        dialer,
                        PoolConcurrencyPolicy.STRICT,
                        PoolReusePolicy.LIFO,
                        TimeValue.ofMinutes(5),
                        ManagedHttpClientConnectionFactory.builder()
                                .http1Config(HEADER_LIMITS)
                                .build());
        connections.setDefaultMaxPerRoute(share.perHost());
        connections.setMaxTotal(share.inAll());
        connections.setDefaultConnectionConfig(
                ConnectionConfig.custom()
                        .setIdleTimeout(Timeout.of(KEPT_IDLE))
                        .setValidateAfterInactivity(TimeValue.ofSeconds(1))
                        .build());
        return connections;
    }

    private static CloseableHttpClient client(
            OutboundSettings settings, PoolingHttpClientConnectionManager connections) {
        HttpClientBuilder builder =
                HttpClientBuilder.create()
                        .setConnectionManager(connections)
                        .setRoutePlanner((host, context) -> Call.of(context).route())
                        .setUserAgent(settings.userAgent())
                        .setKeepAliveStrategy(GuardedHttp::keptFor)
                        .setTargetAuthenticationStrategy((type, challenges, context) -> List.of())
                        .disableAutomaticRetries()
                        .disableRedirectHandling()
                        .disableCookieManagement()
                        .disableAuthCaching()
                        .disableContentCompression()
                        .addExecInterceptorBefore(
                                ChainElement.MAIN_TRANSPORT.name(),
                                "sending",
                                (request, scope, chain) -> {
                                    Call.of(scope.clientContext).sending();
                                    return chain.proceed(request, scope);
                                });
        settings.proxy().ifPresent(proxy -> authenticate(builder, proxy));
        return builder.build();
    }

    /**
     * Half of what the server says: at the end of its time it closes a connection on which our next
     * request may be on the way, and nobody could tell whether that was handled.
     */
    private static TimeValue keptFor(HttpResponse response, HttpContext context) {
        TimeValue said =
                DefaultConnectionKeepAliveStrategy.INSTANCE.getKeepAliveDuration(response, context);
        return TimeValue.ofMilliseconds(said.toMilliseconds() / 2);
    }

    private static void authenticate(HttpClientBuilder builder, OutboundProxy proxy) {
        proxy.credentials()
                .ifPresent(credentials -> {
                    BasicCredentialsProvider provider = new BasicCredentialsProvider();
                    provider.setCredentials(
                            new AuthScope(Routes.host(proxy)),
                            new UsernamePasswordCredentials(
                                    credentials.user(), credentials.password().toCharArray()));
                    builder.setDefaultCredentialsProvider(provider);
                });
    }

    /** Connections in use and kept, for tests. */
    int openConnections() {
        return calls.open() + streams.open();
    }

    /** Ends running calls and closes every connection. */
    @Override
    public void close() {
        closed = true;
        calls.client().close(CloseMode.IMMEDIATE);
        streams.client().close(CloseMode.IMMEDIATE);
        deadlines.close();
        lookup.close();
    }
}
