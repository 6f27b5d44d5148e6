package dev.mooring.application.port;

import dev.mooring.domain.client.Connection;
import dev.mooring.domain.lifecycle.Deregistration;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.oauth.ClientCredentials;
import dev.mooring.domain.oauth.ClientIdentifier;
import dev.mooring.domain.oauth.ClientMetadata;
import dev.mooring.domain.oauth.ClientSecret;
import dev.mooring.domain.oauth.RegistrationAccessToken;
import dev.mooring.domain.oauth.TokenEndpointAuthMethod;

import java.net.URI;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Dynamic registration by script. Usually the n-th registration becomes {@code client-n}, with a
 * secret unless none is wanted, and can be managed.
 */
public final class ScriptedRegistrar implements ClientRegistrar {
    private final AtomicInteger registered = new AtomicInteger();
    private final Script<Question, Answer> registrations = new Script<>(this::usual);
    private final Script<Deregistration, Deletion> deletions =
            new Script<>(deregistration -> new Deletion.Deleted());

    /** What was asked. */
    public record Question(URI endpoint, ClientMetadata metadata) {}

    public Script<Question, Answer> registrations() {
        return registrations;
    }

    public Script<Deregistration, Deletion> deletions() {
        return deletions;
    }

    @Override
    public Deletion delete(Deregistration deregistration, Budget budget) {
        return deletions.answer(deregistration);
    }

    @Override
    public Answer register(
            URI registrationEndpoint,
            ClientMetadata metadata,
            Connection connection,
            Budget budget) {
        return registrations.answer(new Question(registrationEndpoint, metadata));
    }

    private Answer usual(Question question) {
        int n = registered.incrementAndGet();
        TokenEndpointAuthMethod method = question.metadata().tokenEndpointAuthMethod();
        Optional<ClientSecret> secret =
                method == TokenEndpointAuthMethod.NONE
                        ? Optional.empty()
                        : Optional.of(new ClientSecret("client-secret-" + n));
        return new Answer.Registered(
                new ClientCredentials(new ClientIdentifier("client-" + n), secret, method),
                Optional.empty(),
                Optional.of(
                        new Registration.Management(
                                URI.create(question.endpoint() + "/client-" + n),
                                new RegistrationAccessToken("registration-token-" + n),
                                Optional.empty())));
    }
}
