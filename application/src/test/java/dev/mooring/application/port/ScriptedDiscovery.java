package dev.mooring.application.port;

import dev.mooring.application.fixture.Attempts;
import dev.mooring.domain.client.Connection;
import dev.mooring.domain.oauth.AcceptedQuirks;
import dev.mooring.domain.oauth.AccessChallenge;
import dev.mooring.domain.oauth.AuthorizationServer;
import dev.mooring.domain.oauth.DpopDemand;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.ProtectedResource;
import dev.mooring.domain.oauth.ResourceIdentifier;
import dev.mooring.domain.oauth.Scopes;

import java.util.List;

/**
 * Discovery by script. Usually every MCP server is a protected resource of its own URL with scopes
 * {@code read} and {@code write}, whose only issuer is {@code https://as.example}, and every issuer
 * publishes good metadata.
 */
public final class ScriptedDiscovery implements AuthorizationServerDiscovery {
    public static final Issuer ISSUER = new Issuer("https://as.example");

    private final Script<ResourceQuestion, ResourceAnswer> resources =
            new Script<>(question -> new ResourceAnswer.Found(usual(question.connection())));
    private final Script<Issuer, ServerAnswer> servers =
            new Script<>(issuer -> new ServerAnswer.Found(Attempts.server(issuer)));
    private final Script<AuthorizationServer, ServerAnswer> given =
            new Script<>(ServerAnswer.Found::new);

    /** What {@link #protectedResource} was asked. */
    public record ResourceQuestion(Connection connection, AccessChallenge challenge) {}

    public Script<ResourceQuestion, ResourceAnswer> resources() {
        return resources;
    }

    /** From now on the MCP servers name these authorization servers, and no scopes. */
    public void namesIssuers(Issuer... issuers) {
        resources.always(question ->
                new ResourceAnswer.Found(
                        new ProtectedResource(
                                new ResourceIdentifier(question.connection().server().value()),
                                List.of(issuers),
                                Scopes.NONE,
                                DpopDemand.NONE)));
    }

    public Script<Issuer, ServerAnswer> servers() {
        return servers;
    }

    public Script<AuthorizationServer, ServerAnswer> givenServers() {
        return given;
    }

    @Override
    public ResourceAnswer protectedResource(
            Connection connection,
            AccessChallenge challenge,
            AcceptedQuirks exceptions,
            Budget budget) {
        return resources.answer(new ResourceQuestion(connection, challenge));
    }

    @Override
    public ServerAnswer authorizationServer(
            Issuer issuer, Connection connection, AcceptedQuirks exceptions, Budget budget) {
        return servers.answer(issuer);
    }

    @Override
    public ServerAnswer given(AuthorizationServer server) {
        return given.answer(server);
    }

    private static ProtectedResource usual(Connection connection) {
        return new ProtectedResource(
                new ResourceIdentifier(connection.server().value()),
                List.of(ISSUER),
                Scopes.of("read", "write"),
                DpopDemand.NONE);
    }
}
