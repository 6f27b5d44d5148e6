package dev.mooring.endtoend;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.endtoend.ApiClient.Reply;
import dev.mooring.endtoend.Browser.Page;
import dev.mooring.endtoend.FaultPoint.Place;
import dev.mooring.endtoend.Mooring.Pending;
import dev.mooring.party.AuthorizationServerParty;
import dev.mooring.party.AuthorizationServerParty.Endpoint;
import dev.mooring.party.McpServerParty;
import dev.mooring.party.Received;

import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
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
     * @param story for whoever reads a failure
     */
    record Verdict(
            boolean lost,
            boolean ambiguous,
            boolean reported,
            boolean doubled,
            boolean stuck,
            String story) {
        boolean good() {
            return !lost && !doubled && !stuck && ambiguous == reported;
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

    private final FaultPoint point;
    private final Target target;
    private final String id = UUID.randomUUID().toString();

    // With a path of their own, as a port may be that of an earlier one, whom the nodes remember.
    private final AuthorizationServerParty issuer =
            AuthorizationServerParty.settings().issuerPath("/" + id).start();
    private final McpServerParty server =
            McpServerParty.settings().path("/" + id).protectedBy(issuer, "mcp:tools").start();
    private final ObjectNode request = Mooring.request(server.endpoint()).put("client_id", id);
    private final String name = request.path("name").asText();
    private final HeldRequest held;
    private Optional<Pending> pending = Optional.empty();
    private String callback = "";
    private Optional<Future<?>> call = Optional.empty();
    private volatile boolean stands;
    private boolean lost;
    private boolean ambiguous;
    private boolean reported;

    Ordeal(FaultPoint point, Target target) {
        this.point = point;
        this.target = target;
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

    /** Brings the client to where the step begins. */
    void prepare(Mooring mooring) {
        switch (point.step()) {
            case REGISTER -> {}
            case CALLBACK -> {
                Pending registered = register(mooring);
                callback =
                        mooring.browser()
                                .openUntil(registered.authorizeUrl(), callbackOf(registered))
                                .getRawQuery();
            }
            case COMPLETE -> {
                Page page = mooring.consent(register(mooring));
                requireThat(page.status() == 200, page.body());
            }
            case REFRESH, REAUTHORIZE, DELETE, REVOKE -> {
                pending = Optional.of(mooring.connect(request));
                if (point.step() == FaultPoint.Step.REFRESH) {
                    issuer.expireAccessTokens();
                }
            }
        }
        switch (point.place()) {
            case Place.AtIssuer at -> issuer.misbehaveOnce(at.endpoint(), held);
            case Place.AtServer at -> server.misbehaveOnce(at.request(), held);
            case Place.Change change -> {}
            case Place.Anywhere anywhere -> {}
        }
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
            case REGISTER -> Optional.of(registration(at));
            case CALLBACK -> {
                openCallback(at);
                yield Optional.empty();
            }
            case COMPLETE -> Optional.of(at.complete(id));
            case REFRESH -> Optional.of(at.echo(name, "after the expiry"));
            case REAUTHORIZE -> Optional.of(at.reauthorize(id));
            case DELETE -> Optional.of(at.delete(id));
            case REVOKE -> Optional.of(revocation(at));
        };
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
    Verdict finish(Supplier<Mooring> anyNode, MortalDatabase database, Duration patience) {
        Insistence insistence = new Insistence(anyNode, System.nanoTime() + patience.toNanos());
        String trouble = "";
        boolean stuck = false;
        try {
            switch (point.step()) {
                case REGISTER -> finishRegistration(insistence);
                case CALLBACK -> finishCallback(insistence, database);
                case COMPLETE -> complete(insistence);
                case REFRESH -> finishRefresh(insistence);
                case REAUTHORIZE -> {
                    echo(insistence);
                    consentAgain(insistence);
                }
                case DELETE -> finishRemoval(insistence);
                case REVOKE -> finishRevocation(insistence);
            }
        } catch (StuckException e) {
            stuck = true;
            trouble = String.valueOf(e.getMessage());
        }
        boolean doubled = mostSendings("code") > 1 || doubledRefresh();
        return new Verdict(
                lost,
                ambiguous,
                reported,
                doubled,
                stuck,
                "%s, %s killed, client %s: %d codes redeemed, refusals %s, %s"
                        .formatted(
                                point,
                                target,
                                id,
                                issuer.redemptions(),
                                issuer.refusals(),
                                trouble));
    }

    private void finishRegistration(Insistence insistence) {
        Reply reply =
                insistence.on("registering", this::registration, answer -> answer.status() == 200);
        pending = Optional.of(Mooring.pending(name, reply));
        consent(insistence, pending.get().authorizeUrl());
        complete(insistence);
    }

    private void finishCallback(Insistence insistence, MortalDatabase database) {
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
        boolean refresh = point.step() == FaultPoint.Step.REFRESH;
        return !target.killsTheNode() && (refresh || issuer.redemptions() > 0);
    }

    private void consentAgain(Insistence insistence) {
        Reply link =
                insistence.on(
                        "reauthorizing", at -> at.reauthorize(id), reply -> reply.status() == 200);
        consent(insistence, link.text("/authorize_url"));
        complete(insistence);
    }

    private static void consent(Insistence insistence, String link) {
        insistence.on("consenting", at -> at.browser().open(link), page -> page.status() == 200);
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
        return mostSendings("refresh_token") > (target.killsTheNode() ? 2 : 1);
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
