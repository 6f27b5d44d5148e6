package dev.mooring.party;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** The clients of an authorization server: their registration, removal and authentication. */
final class ClientRegistry {

    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

    private final Map<String, RegisteredClient> clients = new ConcurrentHashMap<>();
    private final Map<String, ClientAssertionJudge> judges = new ConcurrentHashMap<>();
    private final Set<String> authMethods;

    ClientRegistry(Set<String> authMethods) {
        this.authMethods = authMethods;
    }

    /** From now on the client of this judge proves itself by signatures. */
    void add(RegisteredClient client, ClientAssertionJudge judge) {
        judges.put(client.clientId(), judge);
        add(client);
    }

    List<RegisteredClient> all() {
        return List.copyOf(clients.values());
    }

    Optional<RegisteredClient> find(String clientId) {
        return Optional.ofNullable(clients.get(clientId));
    }

    void add(RegisteredClient client) {
        KnownSecrets.remember(client.secret());
        KnownSecrets.remember(client.registrationAccessToken());
        clients.put(client.clientId(), client);
    }

    void forget(String clientId) {
        clients.remove(clientId);
    }

    /** RFC 7591 §3: registers and answers with everything that was registered. */
    Answer register(Received request, String managementUri) {
        refuseMetadataUnless(
                request.hasMediaType("application/json"), "The body must be application/json.");
        ObjectNode metadata =
                request.json()
                        .filter(JsonNode::isObject)
                        .map(ObjectNode.class::cast)
                        .orElseThrow(() -> invalidMetadata("The body must be a JSON object."));

        String authMethod =
                metadata.path("token_endpoint_auth_method").asText("client_secret_basic");
        refuseMetadataUnless(
                authMethods.contains(authMethod), "This authentication method is not supported.");
        Set<String> grantTypes = texts(metadata.path("grant_types"));
        if (grantTypes.isEmpty()) {
            grantTypes.add("authorization_code");
        }
        refuseMetadataUnless(
                grantTypes.contains("authorization_code"), "Only authorization codes start here.");
        Set<String> redirectUris = texts(metadata.path("redirect_uris"));
        String applicationType = metadata.path("application_type").asText("web");
        OAuthRefusal.unless(
                !redirectUris.isEmpty()
                        && redirectUris.stream().allMatch(uri -> mayRegister(uri, applicationType)),
                "invalid_redirect_uri",
                "Redirect URIs do not fit the application type " + applicationType + ".");

        boolean secretive = !authMethod.equals("none");
        RegisteredClient client =
                new RegisteredClient(
                        "client-" + UUID.randomUUID(),
                        secretive ? "secret-" + UUID.randomUUID() : "",
                        authMethod,
                        redirectUris,
                        grantTypes,
                        "registration-" + UUID.randomUUID(),
                        metadata);
        add(client);

        ObjectNode answer = metadata.deepCopy();
        answer.put("client_id", client.clientId());
        answer.put("token_endpoint_auth_method", authMethod);
        answer.putPOJO("grant_types", grantTypes);
        if (secretive) {
            answer.put("client_secret", client.secret()).put("client_secret_expires_at", 0);
        }
        answer.put("registration_access_token", client.registrationAccessToken());
        answer.put("registration_client_uri", managementUri + client.clientId());
        return Answer.json(201, answer).with("Cache-Control", "no-store");
    }

    /** RFC 7592 §2.3: removes a client for whoever holds its registration access token. */
    Answer manage(Received request, String clientId) {
        String bearer = request.header("Authorization").orElse("");
        boolean authorized =
                find(clientId)
                        .filter(client ->
                                bearer.equals("Bearer " + client.registrationAccessToken()))
                        .isPresent();
        if (!authorized) {
            return Answer.empty(401).with("WWW-Authenticate", "Bearer error=\"invalid_token\"");
        }
        if (!request.method().equals("DELETE")) {
            return Answer.empty(405).with("Allow", "DELETE");
        }
        forget(clientId);
        return Answer.empty(204);
    }

    /** RFC 6749 §2.3: exactly the method the client registered with, and its right secret. */
    RegisteredClient authenticate(Received request) {
        Parameters form = request.form();
        Optional<String> basic =
                request.header("Authorization").filter(value -> value.startsWith("Basic "));
        OAuthRefusal.unless(
                basic.isEmpty() || form.first("client_secret").isEmpty(),
                "invalid_request",
                "A client must not use two authentication methods at once.");

        String clientId = form.text("client_id");
        String secret = form.text("client_secret");
        String method = secret.isEmpty() ? "none" : "client_secret_post";
        if (basic.isPresent()) {
            String[] pair = decodeBasic(basic.get().substring("Basic ".length())).split(":", 2);
            // RFC 6749 §2.3.1: identifier and password are form-encoded before they are joined.
            clientId = URLDecoder.decode(pair[0], StandardCharsets.UTF_8);
            secret = URLDecoder.decode(pair.length > 1 ? pair[1] : "", StandardCharsets.UTF_8);
            method = "client_secret_basic";
        }
        if (form.first("client_assertion").isPresent()) {
            // RFC 7521 §4.2: the assertion's subject is the client, whether or not it is named.
            clientId = form.first("client_id").orElseGet(() -> subject(form));
            method = "private_key_jwt";
        }
        RegisteredClient client =
                find(clientId)
                        .orElseThrow(() -> OAuthRefusal.invalidClient("This client is unknown."));
        if (!client.authMethod().equals(method)) {
            throw OAuthRefusal.invalidClient("This client registered " + client.authMethod() + ".");
        }
        if (!client.secret().equals(secret)) {
            throw OAuthRefusal.invalidClient("The client's secret is wrong.");
        }
        Optional.ofNullable(judges.get(clientId))
                .map(judge -> judge.fault(request))
                .filter(fault -> !fault.isEmpty())
                .ifPresent(fault -> {
                    throw OAuthRefusal.invalidClient("The client's assertion: " + fault + ".");
                });
        return client;
    }

    private static String subject(Parameters form) {
        try {
            return SignedClaims.parse(form.text("client_assertion")).claims().path("sub").asText();
        } catch (IllegalArgumentException broken) {
            throw OAuthRefusal.invalidClient("The client's assertion is broken.");
        }
    }

    private static boolean mayRegister(String redirectUri, String applicationType) {
        URI uri = URI.create(redirectUri);
        boolean loopback = uri.getHost() != null && LOOPBACK.contains(uri.getHost());
        boolean fits =
                switch (applicationType) {
                    case "native" -> "http".equals(uri.getScheme()) && loopback;
                    case "web" -> "https".equals(uri.getScheme()) && !loopback;
                    default -> false;
                };
        return fits && uri.getFragment() == null;
    }

    private static String decodeBasic(String encoded) {
        try {
            return new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException notBase64) {
            throw OAuthRefusal.invalidClient("The Basic credentials are not Base64.");
        }
    }

    private static Set<String> texts(JsonNode array) {
        Set<String> texts = new LinkedHashSet<>();
        array.forEach(element -> texts.add(element.asText()));
        return texts;
    }

    private static OAuthRefusal invalidMetadata(String description) {
        return OAuthRefusal.of("invalid_client_metadata", description);
    }

    private static void refuseMetadataUnless(boolean holds, String description) {
        OAuthRefusal.unless(holds, "invalid_client_metadata", description);
    }
}
