package dev.mooring.adapter.oauth;

import static dev.mooring.adapter.oauth.OAuthFixtures.PROOFS;
import static dev.mooring.adapter.oauth.OAuthFixtures.budget;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.adapter.dpop.EcDpopKeys;
import dev.mooring.adapter.http.GuardedHttp;
import dev.mooring.application.fixture.SigningKeys;
import dev.mooring.application.port.RevocationEndpoint;
import dev.mooring.application.port.TokenEndpoint;
import dev.mooring.application.port.TokenEndpoint.DirectRequest;
import dev.mooring.domain.lifecycle.GrantId;
import dev.mooring.domain.lifecycle.Revocation;
import dev.mooring.domain.oauth.AccessToken;
import dev.mooring.domain.oauth.Assertion;
import dev.mooring.domain.oauth.AssertionKey;
import dev.mooring.domain.oauth.ClientCredentials;
import dev.mooring.domain.oauth.ClientIdentifier;
import dev.mooring.domain.oauth.DpopKey;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.ResourceIdentifier;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.SigningAlgorithm;
import dev.mooring.domain.oauth.SigningKey;
import dev.mooring.domain.oauth.TokenSet;
import dev.mooring.domain.oauth.TokenType;
import dev.mooring.party.Answer;
import dev.mooring.party.ClientAssertionJudge;
import dev.mooring.party.LoopbackServer;
import dev.mooring.party.Received;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.net.URI;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/** How our client proves itself by signatures, to a server that checks each to the letter. */
@Timeout(60)
class ClientAssertionsTest {
    private static final Issuer ISSUER = new Issuer("https://as.example");
    private static final ClientIdentifier CLIENT = new ClientIdentifier("machine");

    private final List<String> faults = new CopyOnWriteArrayList<>();
    private final GuardedHttp http = OAuthFixtures.loopbackHttp();
    private volatile ClientAssertionJudge judge = judging("ES256", SigningKeys.pair("EC", 256));
    private volatile boolean wantsNonce;
    private final LoopbackServer server = LoopbackServer.start(this::answer);

    @AfterEach
    void stop() {
        http.close();
        server.close();
    }

    @ParameterizedTest
    @CsvSource({"EC, 256, ES256", "RSA, 2048, RS256", "RSA, 2048, PS256", "Ed25519, 0, EdDSA"})
    void everyGrantAndTheRevocationIsProven(String family, int bits, String word) {
        KeyPair pair = SigningKeys.pair(family, bits);
        judge = judging(word, pair);
        SigningKey key =
                new SigningKey(
                        SigningKeys.pem(pair),
                        Optional.of(SigningAlgorithm.parse("field", word)),
                        Optional.empty());
        ClientCredentials credentials =
                ClientCredentials.signing(CLIENT, new AssertionKey(ISSUER, Optional.of(key)));
        ClientAssertions assertions = OAuthFixtures.keyless();

        assertIssued(ask(assertions, credentials, Optional.empty(), Optional.empty()));
        assertIssued(
                ask(
                        assertions,
                        credentials,
                        Optional.of(new Assertion("a-workload")),
                        Optional.empty()));
        assertThat(revoke(assertions, credentials))
                .isEqualTo(new RevocationEndpoint.Answer.Revoked());

        assertThat(faults).isEmpty();
        assertThat(server.received())
                .extracting(request -> request.form().text("grant_type"))
                .containsExactly(
                        "client_credentials", "urn:ietf:params:oauth:grant-type:jwt-bearer", "");
    }

    @Test
    void ourOwnKeySignsWhereNoOtherWasEntered() {
        KeyPair pair = SigningKeys.pair("EC", 256);
        judge = judging("ES256", pair);
        ClientKeyPair own = ClientKeyPair.read(SigningKeys.pem(pair));

        assertIssued(
                ask(
                        signingWith(Optional.of(own.signing())),
                        byOwnKey(),
                        Optional.empty(),
                        Optional.empty()));

        assertThat(faults).isEmpty();
    }

    @Test
    void withoutTheKeyNobodyIsAsked() {
        assertThat(
                        ask(
                                signingWith(Optional.empty()),
                                byOwnKey(),
                                Optional.empty(),
                                Optional.empty()))
                .isEqualTo(new TokenEndpoint.Answer.Refused(OAuthError.INVALID_CLIENT));
        assertThat(revoke(signingWith(Optional.empty()), byOwnKey()))
                .isInstanceOf(RevocationEndpoint.Answer.Refused.class);
        assertThat(server.received()).isEmpty();
    }

    /** The server has seen the first assertion, and takes none twice. */
    @Test
    void theRequestThatANonceIsAskedForHasAnAssertionOfItsOwn() {
        KeyPair pair = SigningKeys.pair("EC", 256);
        judge = judging("ES256", pair);
        wantsNonce = true;

        ask(
                signingWith(Optional.of(SigningKeys.of(pair))),
                byOwnKey(),
                Optional.empty(),
                Optional.of(new EcDpopKeys().generate()));

        assertThat(server.received()).hasSize(2);
        assertThat(faults).isEmpty();
    }

    private Answer answer(Received request) {
        String fault = judge.fault(request);
        if (!fault.isEmpty()) {
            faults.add(fault);
            return json(401, "{\"error\":\"invalid_client\"}");
        }
        return wantsNonce
                ? json(400, "{\"error\":\"use_dpop_nonce\"}").with("DPoP-Nonce", "a-nonce")
                : json(200, "{\"access_token\":\"a\",\"token_type\":\"Bearer\"}");
    }

    private TokenEndpoint.Answer ask(
            ClientAssertions assertions,
            ClientCredentials credentials,
            Optional<Assertion> assertion,
            Optional<DpopKey> key) {
        return new HttpTokenEndpoint(http, PROOFS, assertions, InstantSource.system())
                .ask(
                        new DirectRequest(
                                URI.create(server.origin() + "/token"),
                                credentials,
                                assertion,
                                Optional.of(new ResourceIdentifier("https://mcp.example/mcp")),
                                Scopes.NONE,
                                key,
                                Optional.empty()),
                        budget());
    }

    private RevocationEndpoint.Answer revoke(
            ClientAssertions assertions, ClientCredentials credentials) {
        return new HttpRevocationEndpoint(http, PROOFS, assertions, InstantSource.system())
                .revoke(
                        new Revocation(
                                Optional.empty(),
                                new GrantId("grant_1"),
                                URI.create(server.origin() + "/revoke"),
                                credentials,
                                new TokenSet(
                                        new AccessToken("a"),
                                        TokenType.BEARER,
                                        Optional.empty(),
                                        Optional.empty(),
                                        Scopes.NONE),
                                Optional.empty(),
                                Optional.empty()),
                        budget());
    }

    private static ClientAssertions signingWith(Optional<SigningKey> own) {
        return new ClientAssertions(own, InstantSource.system(), new SecureRandom());
    }

    private static ClientCredentials byOwnKey() {
        return ClientCredentials.signing(CLIENT, new AssertionKey(ISSUER, Optional.empty()));
    }

    private static ClientAssertionJudge judging(String algorithm, KeyPair pair) {
        return new ClientAssertionJudge(
                ISSUER.value(), CLIENT.value(), algorithm, pair.getPublic());
    }

    private static Answer json(int status, String body) {
        return Answer.text(status, "application/json", body);
    }

    private static void assertIssued(TokenEndpoint.Answer answer) {
        assertThat(answer).isInstanceOf(TokenEndpoint.Answer.Issued.class);
    }
}
