package dev.mooring.adapter.oauth;

import static dev.mooring.adapter.oauth.OAuthFixtures.PROOFS;
import static dev.mooring.adapter.oauth.OAuthFixtures.budget;
import static dev.mooring.adapter.oauth.OAuthFixtures.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.adapter.http.GuardedHttp;
import dev.mooring.application.port.RevocationEndpoint;
import dev.mooring.application.port.TokenEndpoint.Answer;
import dev.mooring.domain.client.Connection;
import dev.mooring.domain.lifecycle.GrantId;
import dev.mooring.domain.lifecycle.Revocation;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.TokenEndpointAuthMethod;
import dev.mooring.domain.oauth.TokenSet;
import dev.mooring.party.AuthorizationServerParty;
import dev.mooring.party.AuthorizationServerParty.Endpoint;
import dev.mooring.party.McpServerParty;
import dev.mooring.party.Mischief;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.time.InstantSource;
import java.util.Optional;

/** All adapters in the order in which a client's life uses them, against strict parties. */
@Timeout(60)
class OAuthFlowTest {
    private final AuthorizationServerParty party = AuthorizationServerParty.start();
    private final McpServerParty mcp = McpServerParty.settings().protectedBy(party).start();
    private final Connection connection = connection(mcp.endpoint());
    private final GuardedHttp http = OAuthFixtures.loopbackHttp();
    private final HttpTokenEndpoint tokens =
            new HttpTokenEndpoint(http, PROOFS, OAuthFixtures.keyless(), InstantSource.system());
    private final HttpRevocationEndpoint revocations =
            new HttpRevocationEndpoint(
                    http, PROOFS, OAuthFixtures.keyless(), InstantSource.system());

    @AfterEach
    void closeAll() {
        http.close();
        mcp.close();
        party.close();
    }

    @ParameterizedTest
    @EnumSource(
            value = TokenEndpointAuthMethod.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = "PRIVATE_KEY_JWT")
    void aStrictServerHasNothingToObjectToFromDiscoveryToRevocation(
            TokenEndpointAuthMethod method) {
        Flow flow = authorize(method);

        TokenSet first = issued(tokens.redeem(flow.redemption(), budget()));
        assertThat(party.lookUp(first.accessToken().value()).orElseThrow().resource())
                .isEqualTo(flow.resource().value());

        TokenSet second = issued(tokens.refresh(flow.refresh(first), budget()));
        assertThat(second.refreshToken()).isPresent().isNotEqualTo(first.refreshToken());

        Revocation revocation =
                new Revocation(
                        Optional.empty(),
                        new GrantId("grant_1"),
                        flow.server().revocationEndpoint().orElseThrow(),
                        flow.credentials(),
                        second,
                        Optional.empty(),
                        Optional.empty());
        assertThat(revocations.revoke(revocation, budget()))
                .isEqualTo(new RevocationEndpoint.Answer.Revoked());
        assertThat(revocations.revoke(revocation, budget()))
                .as("again")
                .isEqualTo(new RevocationEndpoint.Answer.Revoked());
        assertThat(party.lookUp(second.accessToken().value())).isEmpty();
        assertThat(party.refusals()).isEmpty();
        assertThat(party.mostRedemptionsOfOneCode()).isEqualTo(1);
        assertThat(mcp.violations()).isEmpty();
    }

    @Test
    void aCodeThatIsUsedUpIsRefused() {
        Flow flow = authorize(TokenEndpointAuthMethod.NONE);

        issued(tokens.redeem(flow.redemption(), budget()));

        assertThat(tokens.redeem(flow.redemption(), budget()))
                .isEqualTo(new Answer.Refused(OAuthError.INVALID_GRANT));
    }

    @Test
    void anAnswerThatIsLostAfterRedeemingIsSaidToBeLost() {
        Flow flow = authorize(TokenEndpointAuthMethod.NONE);
        party.misbehaveOnce(Endpoint.TOKEN, Mischief.losingTheAnswer());

        assertThat(tokens.redeem(flow.redemption(), budget())).isInstanceOf(Answer.Lost.class);
        assertThat(party.redemptions()).isEqualTo(1);
    }

    @Test
    void aClientThatTheServerForgotIsToldApart() {
        Flow flow = authorize(TokenEndpointAuthMethod.CLIENT_SECRET_BASIC);
        TokenSet first = issued(tokens.redeem(flow.redemption(), budget()));
        party.forgetClient(flow.credentials().clientId().value());

        assertThat(tokens.refresh(flow.refresh(first), budget()))
                .isEqualTo(new Answer.Refused(OAuthError.INVALID_CLIENT));
    }

    private Flow authorize(TokenEndpointAuthMethod method) {
        return Flow.through(http, connection, method);
    }

    private static TokenSet issued(Answer answer) {
        assertThat(answer).isInstanceOf(Answer.Issued.class);
        return ((Answer.Issued) answer).tokens();
    }
}
