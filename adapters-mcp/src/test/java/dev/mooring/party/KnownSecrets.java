package dev.mooring.party;

import com.fasterxml.jackson.databind.JsonNode;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * Every secret that was handed out or given in by anybody in this JVM. What the service says can be
 * searched for all of them at once, and for whatever has the shape of a secret. May be used by many
 * threads at once.
 */
public final class KnownSecrets {

    /** What is shorter cannot be told from a word, and is not remembered. */
    private static final int SHORTEST = 12;

    private static final String CUT = "[a secret]";

    /** A signed token, assertion or proof; a private key; our API keys; secrets of webhooks. */
    private static final Pattern SHAPES =
            Pattern.compile(
                    """
                    \\beyJ[\\w-]{8,}\\.[\\w-]{8,}\\.[\\w-]{16,}\
                    |-----BEGIN [A-Z ]*PRIVATE KEY-----\
                    |\\bmrg_[\\w-]{43}\
                    |\\bwhsec_[\\w+/=-]{16,}\
                    """);

    private static final List<String> HEADERS =
            List.of("Authorization", "Proxy-Authorization", "DPoP");

    private static final List<String> PARAMETERS =
            List.of(
                    "state",
                    "code",
                    "code_verifier",
                    "access_token",
                    "refresh_token",
                    "token",
                    "client_secret",
                    "client_assertion",
                    "assertion",
                    "subject_token");

    private static final List<String> FIELDS =
            List.of("client_secret", "subject_token", "private_key_pem", "assertion");

    /** By their last characters, so that a text need be gone through only once. */
    private static final Map<String, Set<String>> BY_END = new ConcurrentHashMap<>();

    private KnownSecrets() {}

    /** Remembers a secret and returns it. */
    public static String remember(String secret) {
        if (secret.length() >= SHORTEST) {
            BY_END.computeIfAbsent(
                            secret.substring(secret.length() - SHORTEST),
                            end -> ConcurrentHashMap.newKeySet())
                    .add(secret);
        }
        return secret;
    }

    /** Remembers what a request for a client says that only the two servers may know. */
    public static void rememberThoseOf(JsonNode settings) {
        for (String field : FIELDS) {
            settings.findValuesAsText(field).forEach(KnownSecrets::remember);
        }
        settings.findValues("headers")
                .forEach(headers -> headers.forEach(value -> remember(value.asText())));
    }

    static void rememberThoseOf(Received request) {
        for (String header : HEADERS) {
            for (String value : request.headers(header)) {
                remember(value.substring(value.indexOf(' ') + 1));
            }
        }
        rememberThoseOf(request.query());
        if (request.hasMediaType("application/x-www-form-urlencoded")) {
            rememberThoseOf(request.form());
        }
    }

    private static void rememberThoseOf(Parameters parameters) {
        for (String name : PARAMETERS) {
            parameters.values().getOrDefault(name, List.of()).forEach(KnownSecrets::remember);
        }
    }

    /** The text without the secrets that are in it: the text itself where there are none. */
    public static String cutFrom(String text) {
        Set<String> found = new HashSet<>();
        for (int end = SHORTEST; end <= text.length(); end++) {
            for (String secret :
                    BY_END.getOrDefault(text.substring(end - SHORTEST, end), Set.of())) {
                if (text.startsWith(secret, end - secret.length())) {
                    found.add(secret);
                }
            }
        }
        String rest = text;
        for (String secret : found) {
            rest = rest.replace(secret, CUT);
        }
        return SHAPES.matcher(rest).replaceAll(CUT);
    }
}
