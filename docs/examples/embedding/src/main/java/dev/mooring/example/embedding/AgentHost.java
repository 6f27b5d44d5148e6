package dev.mooring.example.embedding;

import dev.mooring.adapter.http.OutboundAllow;
import dev.mooring.adapter.persistence.DatabaseAccess;
import dev.mooring.adapter.persistence.KeySource;
import dev.mooring.application.Acting;
import dev.mooring.application.CompleteAuthorization;
import dev.mooring.application.ExecuteTool;
import dev.mooring.application.Job;
import dev.mooring.application.OAuthClientProfile;
import dev.mooring.application.RegisterClient;
import dev.mooring.application.Timing;
import dev.mooring.application.UseCases;
import dev.mooring.domain.client.ClientAuth;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.ClientName;
import dev.mooring.domain.client.ClientSettings;
import dev.mooring.domain.client.Connection;
import dev.mooring.domain.client.OAuthConfigId;
import dev.mooring.domain.client.OAuthSettings;
import dev.mooring.domain.client.StaticHeaders;
import dev.mooring.domain.mcp.ServerUri;
import dev.mooring.domain.mcp.ToolSelection;
import dev.mooring.domain.mcp.Transport;
import dev.mooring.domain.oauth.RedirectUri;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Adds MCP servers, hands out the link to consent, and calls tools. Several hosts may share one
 * database, and so the grants in it; a consent ends at the host that asked for it.
 */
public final class AgentHost implements AutoCloseable {
    private static final Logger LOGGER = System.getLogger(AgentHost.class.getName());
    private static final Duration AUDIT_RETENTION = Duration.ofDays(400);
    private static final Duration GRACE = Duration.ofSeconds(20);

    private static final SecureRandom RANDOM = new SecureRandom();

    private final Adapters adapters;
    private final CallbackServer callback;
    private final ExecutorService background = Executors.newVirtualThreadPerTaskExecutor();
    private final ScheduledExecutorService timer;
    private final UseCases useCases;
    private final List<Job> jobs;

    private AgentHost(Adapters adapters, CallbackServer callback) {
        this.adapters = adapters;
        this.callback = callback;
        useCases =
                UseCases.of(
                        adapters.ports(),
                        new OAuthClientProfile(
                                "Agent host",
                                new RedirectUri(callback.redirectUri()),
                                Optional.empty()),
                        Timing.DEFAULT,
                        adapters.persistence().clock(),
                        RANDOM,
                        Acting.inherited(background));
        jobs =
                Stream.concat(useCases.jobs(AUDIT_RETENTION).stream(), adapters.jobs().stream())
                        .toList();
        // A thread for each, as no job may wait for one that waits for a slow server.
        timer = Executors.newScheduledThreadPool(jobs.size(), Thread.ofVirtual().factory());
    }

    /**
     * Opens the database and begins to keep what is in it.
     *
     * @param keys the encryption keys, the same for all hosts of a database
     * @param allow hosts and networks that may be private, loopback or plain http
     * @param port where the callback is listened for. Keep it: a registration is for one redirect
     *     URI, so another port is another registration everywhere. 0: any that is free
     * @throws IOException if the callback cannot be listened for
     */
    public static AgentHost start(
            DatabaseAccess database, KeySource keys, OutboundAllow allow, int port)
            throws IOException {
        CallbackServer callback = CallbackServer.listen(port);
        try {
            AgentHost host = new AgentHost(Adapters.open(database, keys, allow, RANDOM), callback);
            try {
                host.begin();
                return host;
            } catch (RuntimeException | Error e) {
                host.close();
                throw e;
            }
        } catch (RuntimeException | Error e) {
            callback.close();
            throw e;
        }
    }

    private void begin() {
        callback.handOver(useCases.handleAuthorizationResponse());
        useCases.followChanges().begin();
        jobs.forEach(this::schedule);
    }

    // Nobody asks the future: a job runs until the process ends.
    @SuppressWarnings("FutureReturnValueIgnored")
    private void schedule(Job job) {
        long every = job.every().toMillis();
        timer.scheduleWithFixedDelay(
                () -> {
                    try {
                        job.run();
                    } catch (RuntimeException | Error e) {
                        // What left the job would end its schedule for good.
                        LOGGER.log(Level.WARNING, job.name() + " is tried again", e);
                    }
                },
                RANDOM.nextLong(every),
                every,
                TimeUnit.MILLISECONDS);
    }

    /**
     * Adds a server behind OAuth. A person opens the link that comes back; then {@link #connect}.
     *
     * @param name by which its tools are called; letters, digits and underscores
     */
    public RegisterClient.Outcome add(String name, String server) {
        ClientName clientName = new ClientName(name);
        return useCases.registerClient()
                .handle(
                        new RegisterClient.Command(
                                Optional.empty(),
                                new ClientSettings(
                                        clientName,
                                        clientName.slug(),
                                        new Connection(
                                                new ServerUri(server),
                                                Transport.STREAMABLE_HTTP,
                                                Optional.empty(),
                                                Optional.empty(),
                                                StaticHeaders.NONE),
                                        new ClientAuth.OAuth(
                                                OAuthConfigId.random(RANDOM),
                                                OAuthSettings.DISCOVERED),
                                        new ToolSelection.All(),
                                        ClientSettings.DEFAULT_TOOL_EXECUTION_TIMEOUT,
                                        Optional.empty(),
                                        false),
                                false,
                                Optional.empty()));
    }

    /** Connects once a person has consented; any number of calls make one connection. */
    public CompleteAuthorization.Outcome connect(ClientId client) {
        return useCases.completeAuthorization().handle(client);
    }

    /**
     * Calls a tool; its token is renewed first if it is about to end.
     *
     * @param tool {@code <name of the server>-<tool>}
     * @param arguments the JSON text of an object
     */
    public ExecuteTool.Outcome call(String tool, String arguments) {
        return useCases.executeTool().handle(tool, arguments);
    }

    /** Lets what is under way end, as it may hold tokens that exist nowhere else yet. */
    @Override
    public void close() {
        callback.close();
        end(timer);
        end(background);
        adapters.close();
    }

    static void end(ExecutorService threads) {
        threads.shutdown();
        try {
            if (!threads.awaitTermination(GRACE.toSeconds(), TimeUnit.SECONDS)) {
                threads.shutdownNow();
            }
        } catch (InterruptedException e) {
            threads.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
