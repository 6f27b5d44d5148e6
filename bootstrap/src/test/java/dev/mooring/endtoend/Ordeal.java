package dev.mooring.endtoend;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.endtoend.ApiClient.Reply;
import dev.mooring.endtoend.Browser.Page;
import dev.mooring.endtoend.FaultPoint.Place;
import dev.mooring.endtoend.FaultPoint.Step;
import dev.mooring.endtoend.Mooring.Pending;
import dev.mooring.party.AuthorizationServerParty;
import dev.mooring.party.AuthorizationServerParty.Endpoint;
import dev.mooring.party.McpServerParty;
import dev.mooring.party.Mischief;
import dev.mooring.party.Received;
import dev.mooring.party.RegisteredClient;

import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * What one client goes through: it is brought to a step of its life, a process is killed while that
 * step is under way, and then whoever asked for the step asks again, at whatever node, until the
 * client is where it was to be. It has an authorization server and an MCP server of its own, whose
 * word tells what really happened.
 */
final class Ordeal implements AutoCloseable {

    /** What died. */
    enum Target {
        NODE,
        POSTGRES,
        BOTH;

        boolean killsTheNode() {
            return this != POSTGRES;
        }

        boolean killsTheDatabase() {
            return this != NODE;
        }
    }

    /**
     * How it ended.
     *
     * @param lost a grant is gone that the server had given and we had stored, or could still use
     * @param ambiguous nobody can know whether the answer had been given; the person was asked
     * @param reported the same, recognised and told with its reason
     * @param doubled a code or refresh token was sent that must not be sent again
     * @param stuck the same call did not finish the job in bounded time
     * @param orphaned a registration whose answer nobody heard stays at the server
     * @param left a registration or a token stays there that somebody could have known of
     * @param story for whoever reads a failure
     */
    record Verdict(
            boolean lost,
            boolean ambiguous,
            boolean reported,
            boolean doubled,
            boolean stuck,
            boolean orphaned,
            boolean left,
            String story) {
        boolean good() {
            return !lost && !doubled && !stuck && !left && ambiguous == reported;
        }
    }

    private static final class StuckException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        StuckException(String what) {
            super(what);
        }
    }

    private static final String UNKNOWN_ATTEMPTS =
            "select count(*) from client_event"
                    + " where type = 'authorization_unknown' and client_id = ?";

    private static final String MAKE_DUE =
            "update oauth_grant set renew_at = clock_timestamp() where client_id = ?";

    private static final String END_SOON =
            """
            update oauth_grant set
                expires_at = clock_timestamp() + interval '25 seconds', renew_at = null
            where client_id = ?
            """;

    private static final String GENERATION =
            "select generation from oauth_grant where client_id = ?";

    private static final String HOLDS_GRANT =
            "select count(*) from oauth_grant where client_id = ?";

    /** Of the registration with this name at its server: it is ours, or its end is owed. */
    private static final String KNOWN_REGISTRATION =
            """
            select (select count(*) from client_registration where client_id = ?)
                 + (select count(*) from owed_deregistration where configuration_endpoint = ?)
            """;

    private static final Duration TURN_OF_A_SCHEDULE = Duration.ofSeconds(90);

    private final FaultPoint point;
    private final Target target;
    private final MortalDatabase database;
    private final String id = UUID.randomUUID().toString();

    // With a path of their own, as a port may be that of an earlier one, whom the nodes remember.
    private final AuthorizationServerParty issuer =
            AuthorizationServerParty.settings()
                    .issuerPath("/" + id)
                    .grantingWithoutAPerson()
                    .start();
    private final McpServerParty server =
            McpServerParty.settings().path("/" + id).protectedBy(issuer, "mcp:tools").start();
    private final ObjectNode request = Mooring.request(server.endpoint()).put("client_id", id);
    private final String name = request.path("name").asText();
    private final HeldRequest held;
    private Optional<Pending> pending = Optional.empty();
    private String callback = "";
    private int redeemedBefore;
    private int consentsInVain;
    private Optional<Future<?>> call = Optional.empty();
    private volatile boolean stands;
    private boolean lost;
    private boolean ambiguous;
    private boolean reported;

    Ordeal(FaultPoint point, Target target, MortalDatabase database) {
        this.point = point;
        this.target = target;
        this.database = database;
        this.held =
                new HeldRequest(
                        switch (point.place()) {
                            case Place.AtIssuer at -> at.moment();
                            case Place.AtServer at -> at.moment();
                            case Place.Change change -> HeldRequest.Moment.ARRIVED;
                            case Place.Anywhere anywhere -> HeldRequest.Moment.ARRIVED;
                        });
    }

    FaultPoint point() {
        return point;
    }

    Target target() {
        return target;
    }

    String id() {
        return id;
    }

    String tokenEndpoint() {
        return issuer.address(Endpoint.TOKEN);
    }

    /** Brings the client to where the step begins. */
    void prepare(Mooring mooring) {
        switch (point.step()) {
            case REGISTER -> {}
            case CALLBACK -> callback = callback(mooring, register(mooring));
            case COMPLETE -> {
                Page page = mooring.consent(register(mooring));
                requireThat(page.status() == 200, page.body());
            }
            case REAUTHORIZE, DELETE, REVOKE -> connect(mooring);
            case REFRESH -> {
                connect(mooring);
                issuer.expireAccessTokens();
            }
            case REFRESH_AHEAD -> {
                connect(mooring);
                database.execute(END_SOON, id);
            }
            case RENEW -> connect(mooring);
            case BACK_OFF -> {
                connect(mooring);
                issuer.expireAccessTokens();
                issuer.misbehaveOnce(Endpoint.TOKEN, Mischief.unavailable(Duration.ofSeconds(1)));
            }
            case RECONSENT -> {
                connect(mooring);
                redeemedBefore = issuer.redemptions();
                callback = callback(mooring, Mooring.pending(name, mooring.reauthorize(id)));
            }
            case OBTAIN -> enterCredentials();
            case ASK_ANEW -> {
                enterCredentials();
                Reply reply = registration(mooring);
                requireThat(reply.status() == 200, reply.body());
                issuer.expireAccessTokens();
            }
            case DEREGISTER -> registerTwice(mooring);
        }
        switch (point.place()) {
            case Place.AtIssuer at -> issuer.misbehaveOnce(at.endpoint(), held);
            case Place.AtServer at -> server.misbehaveOnce(at.request(), held);
            case Place.Change change -> {}
            case Place.Anywhere anywhere -> {}
        }
    }

    private void connect(Mooring mooring) {
        pending = Optional.of(mooring.connect(request));
    }

    private static String callback(Mooring mooring, Pending link) {
        return mooring.browser().openUntil(link.authorizeUrl(), callbackOf(link)).getRawQuery();
    }

    /** Those of our client itself, for whose grant nobody has to consent. */
    private void enterCredentials() {
        issuer.preregisterMachine(
                id, "the-secret-of-it", "client_secret_basic", "client_credentials");
        request.putObject("oauth_config")
                .put("grant_type", "client_credentials")
                .put("client_id", id)
                .put("client_secret", "the-secret-of-it");
    }

    /** Two clients whose registrations at the same server cross, so that one is for nothing. */
    private void registerTwice(Mooring mooring) {
        CountDownLatch both = new CountDownLatch(2);
        Mischief meeting =
                (received, honest) -> {
                    both.countDown();
                    return Mischief.waitingFor(both).answer(received, honest);
                };
        issuer.misbehaveOnce(Endpoint.REGISTRATION, meeting);
        issuer.misbehaveOnce(Endpoint.REGISTRATION, meeting);
        Thread other =
                Thread.ofVirtual()
                        .start(() -> mooring.register(Mooring.request(server.endpoint())));
        register(mooring);
        try {
            other.join();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(stopped);
        }
        requireThat(issuer.clients().size() == 2, "Only one registration was made");
    }

    private Pending register(Mooring mooring) {
        Pending registered = mooring.register(request);
        pending = Optional.of(registered);
        return registered;
    }

    /** The redirect URI, as the link has it, is where the browser is to stop. */
    private static String callbackOf(Pending pending) {
        String uri = pending.authorizeUrl().replaceAll(".*[?&]redirect_uri=([^&]*).*", "$1");
        return URLDecoder.decode(uri, StandardCharsets.UTF_8);
    }

    /** Begins the step; the answer may never come. */
    void begin(Mooring at, ExecutorService callers) {
        call = Optional.of(callers.submit(() -> attempt(at)));
    }

    private Optional<Reply> attempt(Mooring at) {
        return switch (point.step()) {
            case REGISTER, OBTAIN -> Optional.of(registration(at));
            case CALLBACK, RECONSENT -> {
                openCallback(at);
                yield Optional.empty();
            }
            case COMPLETE -> Optional.of(at.complete(id));
            case REFRESH, REFRESH_AHEAD, BACK_OFF, ASK_ANEW ->
                    Optional.of(at.echo(name, "with another token"));
            case RENEW -> {
                database.execute(MAKE_DUE, id);
                awaitTurn(() -> !database.text(GENERATION, id).equals("1"));
                yield Optional.empty();
            }
            case REAUTHORIZE -> Optional.of(at.reauthorize(id));
            case DELETE -> Optional.of(at.delete(id));
            case REVOKE -> Optional.of(revocation(at));
            case DEREGISTER -> {
                awaitTurn(() -> issuer.clients().size() == 1);
                yield Optional.empty();
            }
        };
    }

    /** Not for ever, as the node whose turn it is may be dead. */
    private static void awaitTurn(BooleanSupplier done) {
        long deadline = System.nanoTime() + TURN_OF_A_SCHEDULE.toNanos();
        while (!done.getAsBoolean() && System.nanoTime() < deadline) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
        }
    }

    private Reply registration(Mooring at) {
        return at.api().post("/api/mcp/client", request, "Idempotency-Key", id);
    }

    private Page openCallback(Mooring at) {
        return at.browser().open(at.api().base() + "/api/oauth/callback?" + callback);
    }

    private Reply revocation(Mooring at) {
        return at.api().delete("/api/oauth/config/" + pending.orElseThrow().configId());
    }

    /**
     * Whether the node stands, or stood, where it is to die; where that is anywhere, it does not.
     */
    boolean stands() {
        return held.stands() || stands;
    }

    /** What the database says of that. */
    void stands(boolean inTheDatabase) {
        stands |= inTheDatabase;
    }

    /** Whether the call has its answer. */
    boolean over() {
        return call.filter(Future::isDone).isPresent();
    }

    void releaseBeforeTheKill() {
        held.releaseBeforeTheKill();
    }

    void releaseAfterTheKill() {
        held.releaseAfterTheKill(target.killsTheNode());
    }

    /** Asks again until the client is where it was to be, and judges. */
    Verdict finish(Supplier<Mooring> anyNode, Duration patience) {
        Insistence insistence = new Insistence(anyNode, System.nanoTime() + patience.toNanos());
        String trouble = "";
        boolean stuck = false;
        try {
            switch (point.step()) {
                case REGISTER -> finishRegistration(insistence);
                case CALLBACK -> finishCallback(insistence);
                case COMPLETE -> complete(insistence);
                case REFRESH, BACK_OFF -> finishRefresh(insistence);
                case REFRESH_AHEAD -> {
                    issuer.expireAccessTokens();
                    finishRefresh(insistence);
                }
                case RENEW -> {
                    // Whatever became of the refresh token, the access token serves to its end.
                    echo(insistence);
                    issuer.expireAccessTokens();
                    finishRefresh(insistence);
                }
                case REAUTHORIZE -> {
                    echo(insistence);
                    consentAgain(insistence);
                }
                case RECONSENT -> {
                    // Whatever became of the code, the grant before serves until it is replaced.
                    echo(insistence);
                    finishCallback(insistence);
                }
                case OBTAIN -> {
                    insistence.on(
                            "registering", this::registration, reply -> reply.status() == 200);
                    echo(insistence);
                }
                case ASK_ANEW -> finishAskingAnew(insistence);
                case DEREGISTER -> {
                    insistence.on("the deletion", at -> issuer.clients(), all -> all.size() == 1);
                    consent(insistence, pending.orElseThrow().authorizeUrl());
                    complete(insistence);
                }
                case DELETE -> finishRemoval(insistence);
                case REVOKE -> finishRevocation(insistence);
            }
        } catch (StuckException e) {
            stuck = true;
            trouble = String.valueOf(e.getMessage());
        }
        boolean doubled = mostSendings("code") > 1 || doubledRefresh();
        long unknown = unknownRegistrations();
        boolean orphaned = unknown == 1 && point.step() == Step.REGISTER && target.killsTheNode();
        boolean left = unknown > (orphaned ? 1 : 0) || issuer.refreshableGrants() > explained();
        return new Verdict(
                lost,
                ambiguous,
                reported,
                doubled,
                stuck,
                orphaned,
                left,
                ("%s, %s killed, client %s: %d codes redeemed, refusals %s, %d unknown"
                                + " registrations, %d of %d refreshable grants explained, %s")
                        .formatted(
                                point,
                                target,
                                id,
                                issuer.redemptions(),
                                issuer.refusals(),
                                unknown,
                                explained(),
                                issuer.refreshableGrants(),
                                trouble));
    }

    private void finishRegistration(Insistence insistence) {
        Reply reply =
                insistence.on("registering", this::registration, answer -> answer.status() == 200);
        pending = Optional.of(Mooring.pending(name, reply));
        consent(insistence, pending.get().authorizeUrl());
        complete(insistence);
    }

    /** What the server has registered, and nobody here serves with or owes the deletion of. */
    private long unknownRegistrations() {
        return issuer.clients().stream()
                .map(RegisteredClient::clientId)
                .filter(client ->
                        database.text(
                                        KNOWN_REGISTRATION,
                                        client,
                                        issuer.address(Endpoint.CLIENT_MANAGEMENT) + client)
                                .equals("0"))
                .count();
    }

    /**
     * The grant that serves; those whose answer nobody heard; and those in whose place another one
     * came through the same registration, which are dropped and not revoked.
     */
    private long explained() {
        boolean replaced = point.step() == Step.REAUTHORIZE || point.step() == Step.RECONSENT;
        return Long.parseLong(database.text(HOLDS_GRANT, id))
                + (ambiguous ? 1 : 0)
                + consentsInVain
                + (replaced ? 1 : 0);
    }

    private void finishCallback(Insistence insistence) {
        Page page =
                insistence.on(
                        "the callback",
                        this::openCallback,
                        shown -> shown.status() == 200 || shown.status() == 400);
        if (page.status() == 400) {
            // The code was claimed, perhaps sent, and is never sent again: that is the one window.
            ambiguous = true;
            lost = wasHeld();
            reported =
                    page.body().contains("was lost")
                            && database.text(UNKNOWN_ATTEMPTS, id).equals("1");
            consentAgain(insistence);
        } else {
            complete(insistence);
        }
    }

    private void complete(Insistence insistence) {
        insistence.on("completing", at -> at.complete(id), reply -> reply.status() == 200);
        echo(insistence);
    }

    /** A lost answer costs nothing: it is simply asked for again. */
    private void finishAskingAnew(Insistence insistence) {
        Reply reply =
                insistence.on(
                        "the call",
                        at -> at.echo(name, "again"),
                        answer -> answer.status() == 200 || answer.status() == 403);
        lost = reply.status() != 200;
    }

    private void finishRefresh(Insistence insistence) {
        Reply reply =
                insistence.on(
                        "the call",
                        at -> at.echo(name, "again"),
                        answer -> answer.status() == 200 || answer.status() == 403);
        if (reply.status() == 200) {
            return;
        }
        Reply client = insistence.on("reading", at -> at.client(id), it -> it.status() == 200);
        // The server tells whether it had redeemed the token before the node died.
        boolean redeemed = issuer.refusals().stream().anyMatch(word -> word.contains("grant"));
        ambiguous = redeemed;
        lost = !redeemed || wasHeld();
        reported = redeemed && client.text("/reauthorization/cause").equals("answer_lost");
        consentAgain(insistence);
    }

    /** A node that lives holds what the server gave it until the database is back. */
    private boolean wasHeld() {
        return !target.killsTheNode() && (refreshes() || issuer.redemptions() > redeemedBefore);
    }

    private boolean refreshes() {
        return switch (point.step()) {
            case REFRESH, REFRESH_AHEAD, RENEW, BACK_OFF -> true;
            case REGISTER, CALLBACK, COMPLETE, REAUTHORIZE, RECONSENT -> false;
            case OBTAIN, ASK_ANEW, DELETE, REVOKE, DEREGISTER -> false;
        };
    }

    private void consentAgain(Insistence insistence) {
        Reply link =
                insistence.on(
                        "reauthorizing", at -> at.reauthorize(id), reply -> reply.status() == 200);
        consent(insistence, link.text("/authorize_url"));
        complete(insistence);
    }

    /** A link is good for one answer; who failed to bring it asks for another link. */
    private void consent(Insistence insistence, String link) {
        AtomicReference<String> current = new AtomicReference<>(link);
        insistence.on(
                "consenting",
                at -> {
                    Page page = at.browser().open(current.get());
                    if (page.status() != 200) {
                        consentsInVain++;
                        String another = at.reauthorize(id).text("/authorize_url");
                        current.updateAndGet(last -> another.isEmpty() ? last : another);
                    }
                    return page;
                },
                page -> page.status() == 200);
    }

    private void echo(Insistence insistence) {
        insistence.on("the call", at -> at.echo(name, "hello"), reply -> reply.status() == 200);
    }

    private void finishRemoval(Insistence insistence) {
        insistence.on(
                "deleting",
                at -> at.delete(id),
                reply -> reply.status() == 200 || reply.status() == 404);
        for (int node = 0; node < 2; node++) {
            insistence.on("reading", at -> at.client(id), reply -> reply.status() == 404);
        }
        awaitRevocation(insistence);
    }

    private void finishRevocation(Insistence insistence) {
        insistence.on("revoking", this::revocation, reply -> reply.status() == 200);
        awaitRevocation(insistence);
        consentAgain(insistence);
    }

    private void awaitRevocation(Insistence insistence) {
        insistence.on(
                "giving the tokens back",
                at -> issuer.revoked(),
                revoked -> revoked.stream().anyMatch(token -> token.startsWith("refresh-")));
    }

    /**
     * A refresh token may be sent twice where the node died that sent it first: the recorded last
     * attempt.
     */
    private boolean doubledRefresh() {
        // What was put off is sent again, and was not redeemed.
        int putOff = point.step() == Step.BACK_OFF ? 1 : 0;
        return mostSendings("refresh_token") > (target.killsTheNode() ? 2 : 1) + putOff;
    }

    private long mostSendings(String parameter) {
        Map<String, Long> sendings =
                issuer.received(Endpoint.TOKEN).stream()
                        .map(Received::form)
                        .flatMap(form -> form.first(parameter).stream())
                        .collect(Collectors.groupingBy(each -> each, Collectors.counting()));
        return sendings.isEmpty() ? 0 : Collections.max(sendings.values());
    }

    private static void requireThat(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }

    @Override
    public void close() {
        held.releaseAfterTheKill(true);
        server.close();
        issuer.close();
    }

    /** Asks the same again, at one node or the other, as long as patience lasts. */
    private record Insistence(Supplier<Mooring> anyNode, long deadline) {

        <T> T on(String what, Function<Mooring, T> question, Predicate<T> enough) {
            Object last = "nothing";
            do {
                try {
                    T answer = question.apply(anyNode.get());
                    if (enough.test(answer)) {
                        return answer;
                    }
                    last = answer;
                } catch (UncheckedIOException broken) {
                    last = broken;
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
            } while (System.nanoTime() < deadline);
            throw new StuckException("stuck at " + what + ": " + describe(last));
        }

        private static String describe(Object last) {
            return switch (last) {
                case Reply reply -> reply.status() + " " + reply.body();
                case Page page -> page.status() + " " + page.body();
                case List<?> list -> list.toString();
                default -> last.toString();
            };
        }
    }
}
