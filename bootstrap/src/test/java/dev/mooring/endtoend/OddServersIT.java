package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.endtoend.Browser.Page;
import dev.mooring.endtoend.Mooring.Pending;
import dev.mooring.party.Answer;
import dev.mooring.party.AuthorizationServerParty;
import dev.mooring.party.AuthorizationServerParty.Endpoint;
import dev.mooring.party.McpServerParty;
import dev.mooring.party.McpServerParty.Era;
import dev.mooring.party.Mischief;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** What real servers do though the specifications say otherwise, and what becomes of the flow. */
final class OddServersIT {

    /** An oddity that must not keep anybody from connecting. */
    record Oddity(
            String title,
            UnaryOperator<AuthorizationServerParty.Settings> issuer,
            UnaryOperator<McpServerParty.Settings> server,
            Consumer<AuthorizationServerParty> mischief) {

        static Oddity ofServer(String title, UnaryOperator<McpServerParty.Settings> server) {
            return new Oddity(title, UnaryOperator.identity(), server, issuer -> {});
        }

        static Oddity at(String title, Endpoint endpoint, Mischief mischief) {
            return new Oddity(
                    title,
                    UnaryOperator.identity(),
                    UnaryOperator.identity(),
                    issuer -> issuer.misbehave(endpoint, mischief));
        }

        @Override
        public String toString() {
            return title;
        }
    }

    private final Mooring mooring = SharedService.mooring();

    @AfterEach
    void stop() {
        mooring.close();
    }

    static Stream<Oddity> oddities() {
        return Stream.of(
                Oddity.ofServer("a token only for calls", s -> s.challengingOnlyCalls()),
                Oddity.ofServer(
                        "a handshake without a token",
                        s -> s.speaking(Era.LEGACY).challengingOnly("tools/list", "tools/call")),
                Oddity.ofServer(
                        "a discovery without a token",
                        s -> s.speaking(Era.MODERN).challengingOnly("tools/list", "tools/call")),
                new Oddity(
                        "tokens for everybody",
                        i -> i.ignoringResources(),
                        s -> s.takingTokensForEverybody(),
                        issuer -> {}),
                Oddity.at(
                        "a registration with nulls and empty strings",
                        Endpoint.REGISTRATION,
                        (request, honest) ->
                                Mischief.withStatus(200)
                                        .answer(
                                                request,
                                                () ->
                                                        Mischief.editing(document ->
                                                                        document.put(
                                                                                        "client_uri",
                                                                                        "")
                                                                                .putNull("scope"))
                                                                .answer(request, honest))),
                Oddity.at(
                        "a registration that refuses scopes",
                        Endpoint.REGISTRATION,
                        (request, honest) ->
                                request.json().orElseThrow().has("scope")
                                        ? Answer.empty(400)
                                        : honest.get()),
                Oddity.at(
                        "tokens in lower case, strings and lists",
                        Endpoint.TOKEN,
                        Mischief.editing(document -> {
                            document.put("token_type", "bearer").put("expires_in", "3600");
                            document.putArray("scope").add("mcp:tools");
                        })),
                Oddity.at("tokens as plain text", Endpoint.TOKEN, Mischief.labelled("text/plain")));
    }

    @ParameterizedTest
    @MethodSource("oddities")
    void anOddServerIsConnectedAllTheSame(Oddity oddity) {
        try (AuthorizationServerParty issuer =
                        oddity.issuer().apply(AuthorizationServerParty.settings()).start();
                McpServerParty server =
                        oddity.server()
                                .apply(McpServerParty.settings().protectedBy(issuer, "mcp:tools"))
                                .start()) {
            oddity.mischief().accept(issuer);

            Pending pending = mooring.connect(server.endpoint());

            assertThat(mooring.echo(pending.name(), "all the same").text("/content"))
                    .isEqualTo("all the same");
            assertThat(issuer.refusals()).isEmpty();
            assertThat(server.violations()).isEmpty();
        }
    }

    @Test
    void refusedOfflineAccessCostsOneMoreLink() {
        try (AuthorizationServerParty issuer =
                        AuthorizationServerParty.settings()
                                .scopes("mcp:tools", "offline_access")
                                .refusing("offline_access")
                                .start();
                McpServerParty server =
                        McpServerParty.settings().protectedBy(issuer, "mcp:tools").start()) {
            Pending first = mooring.register(server.endpoint());
            assertThat(first.authorizeUrl()).contains("offline_access");

            assertThat(mooring.consent(first).status()).isEqualTo(400);
            assertThat(mooring.status(first.configId())).isEqualTo("failed");
            Pending second = Mooring.pending(first.name(), mooring.reauthorize(first.id()));

            assertThat(second.authorizeUrl()).doesNotContain("offline_access");
            assertThat(mooring.consent(second).status()).isEqualTo(200);
            assertThat(mooring.complete(first.id()).status()).isEqualTo(200);
        }
    }

    @Test
    void aServerThatBreaksOverAResourceEndsTheAttemptAndNothingElse() {
        try (AuthorizationServerParty issuer = AuthorizationServerParty.start();
                McpServerParty server = McpServerParty.settings().protectedBy(issuer).start()) {
            issuer.misbehaveOnce(Endpoint.TOKEN, Mischief.failing(500));
            Pending first = mooring.register(server.endpoint());

            Page page = mooring.consent(first);

            assertThat(page.status()).isEqualTo(400);
            assertThat(page.body()).doesNotContain("on purpose");
            assertThat(mooring.status(first.configId())).isEqualTo("failed");
            mooring.consent(Mooring.pending(first.name(), mooring.reauthorize(first.id())));
            assertThat(mooring.complete(first.id()).status()).isEqualTo(200);
            assertThat(issuer.mostRedemptionsOfOneCode()).isEqualTo(1);
        }
    }

    /**
     * RFC 9207: a hostile server sends the person to an honest one under a client id of ours there,
     * hoping that the honest one's code comes to its own token endpoint.
     */
    @Test
    void aMixUpOfTwoServersBringsNoCodeToTheHostileOne() {
        try (AuthorizationServerParty honest = AuthorizationServerParty.start();
                AuthorizationServerParty hostile = AuthorizationServerParty.start();
                McpServerParty good = McpServerParty.settings().protectedBy(honest).start();
                McpServerParty bad = McpServerParty.settings().protectedBy(hostile).start()) {
            mooring.connect(good.endpoint());
            hostile.misbehave(
                    Endpoint.METADATA,
                    Mischief.saying(
                            "authorization_endpoint", honest.address(Endpoint.AUTHORIZATION)));
            hostile.misbehave(
                    Endpoint.REGISTRATION,
                    Mischief.saying("client_id", honest.clients().getFirst().clientId()));

            Pending lured = mooring.register(bad.endpoint());
            assertThat(lured.authorizeUrl()).startsWith(honest.address(Endpoint.AUTHORIZATION));
            Page page = mooring.consent(lured);

            assertThat(page.status()).isEqualTo(400);
            assertThat(mooring.status(lured.configId())).isEqualTo("failed");
            assertThat(hostile.received(Endpoint.TOKEN)).isEmpty();
            assertThat(honest.received(Endpoint.TOKEN)).hasSize(1);
        }
    }
}
