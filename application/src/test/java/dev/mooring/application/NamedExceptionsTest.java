package dev.mooring.application;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.OAuthSettingsBuilder;
import dev.mooring.application.fixture.SettingsBuilder;
import dev.mooring.application.port.AuthorizationServerDiscovery.ResourceAnswer;
import dev.mooring.application.port.ScriptedDiscovery;
import dev.mooring.application.port.ScriptedTokenEndpoint;
import dev.mooring.domain.client.ClientSettings;
import dev.mooring.domain.client.OAuthSettings;
import dev.mooring.domain.lifecycle.AuthorizationAttempt;
import dev.mooring.domain.lifecycle.ClientEvent;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.oauth.AcceptedQuirks;
import dev.mooring.domain.oauth.DpopDemand;
import dev.mooring.domain.oauth.ProtectedResource;
import dev.mooring.domain.oauth.Quirk;
import dev.mooring.domain.oauth.ResourceIdentifier;
import dev.mooring.domain.oauth.Scopes;

import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Set;

/** What a client does whose servers may break a rule; what is found is the adapter's affair. */
class NamedExceptionsTest {
    private final InMemoryMooring mooring = new InMemoryMooring();

    @Test
    void omittedTheResourceIsSentNowhere() {
        ConsentLink link = connect(Quirk.OMIT_RESOURCE);
        assertThat(link.authorizeUrl().value()).doesNotContain("resource=");
        assertThat(mooring.tokenEndpoint().redemptions().last().resource()).isEmpty();

        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        assertThat(mooring.useCases().executeTool().handle("files-echo", "{}"))
                .isInstanceOf(ExecuteTool.Outcome.Returned.class);
        assertThat(mooring.tokenEndpoint().refreshes().last().resource()).isEmpty();
    }

    @Test
    void usuallyTheResourceIsSentEverywhere() {
        ConsentLink link = connect();
        ResourceIdentifier resource = new ResourceIdentifier("https://mcp.example/files");
        assertThat(InMemoryMooring.parameters(link.authorizeUrl().value()))
                .containsEntry("resource", resource.value());
        assertThat(mooring.tokenEndpoint().redemptions().last().resource()).contains(resource);

        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        mooring.useCases().executeTool().handle("files-echo", "{}");
        assertThat(mooring.tokenEndpoint().refreshes().last().resource()).contains(resource);
    }

    @Test
    void tokensAreForTheServerItselfWhateverItsMetadataIsFor() {
        mooring.discovery()
                .resources()
                .always(
                        new ResourceAnswer.Found(
                                new ProtectedResource(
                                        new ResourceIdentifier("https://victim.example"),
                                        List.of(ScriptedDiscovery.ISSUER),
                                        Scopes.NONE,
                                        DpopDemand.NONE)));
        ConsentLink link = mooring.register(settings(Quirk.RESOURCE_MISMATCH));
        assertThat(InMemoryMooring.parameters(link.authorizeUrl().value()))
                .containsEntry("resource", "https://mcp.example/files");
    }

    @Test
    void theyAreInTheEventsWhenTheyAreGivenAndTaken() {
        ConsentLink link = connect(Quirk.ISSUER_MISMATCH);
        mooring.edit(link.client(), settings -> settings.name("renamed"));
        mooring.edit(link.client(), settings -> settings.oauthSettings(oauth()));

        assertThat(mooring.events())
                .filteredOn(ClientEvent.ExceptionsChanged.class::isInstance)
                .extracting(event -> ((ClientEvent.ExceptionsChanged) event).exceptions())
                .containsExactly(
                        new AcceptedQuirks(Set.of(Quirk.ISSUER_MISMATCH)), AcceptedQuirks.NONE);
    }

    @Test
    void aChangeEndsWhatCameUnderThem() {
        ConsentLink link = connect(Quirk.ISSUER_MISMATCH);
        ConsentLink open = mooring.reauthorize(link.client());
        mooring.edit(link.client(), settings -> settings.oauthSettings(oauth()));

        assertThat(mooring.grant(link.client())).isEmpty();
        assertThat(mooring.client(link.client()))
                .isInstanceOf(McpClient.NeedsReauthorization.class);
        assertThat(mooring.attempt(open)).isInstanceOf(AuthorizationAttempt.Superseded.class);
    }

    private ConsentLink connect(Quirk... exceptions) {
        ConsentLink link = mooring.register(settings(exceptions));
        mooring.consent(link);
        assertThat(mooring.complete(link)).isEqualTo(new CompleteAuthorization.Outcome.Connected());
        return link;
    }

    private static ClientSettings settings(Quirk... exceptions) {
        return SettingsBuilder.oauth("files").oauthSettings(oauth(exceptions)).build();
    }

    private static OAuthSettings oauth(Quirk... exceptions) {
        return OAuthSettingsBuilder.discovered().exceptions(exceptions).build();
    }
}
