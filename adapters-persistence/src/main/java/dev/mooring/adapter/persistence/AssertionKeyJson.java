package dev.mooring.adapter.persistence;

import static dev.mooring.adapter.persistence.JsonText.optionalText;
import static dev.mooring.adapter.persistence.JsonText.put;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.domain.Secret;
import dev.mooring.domain.oauth.AssertionKey;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.SigningAlgorithm;
import dev.mooring.domain.oauth.SigningKey;

/** How an {@link AssertionKey} is kept: one JSON object, to be sealed. */
record AssertionKeyJson(String value) implements Secret {

    static AssertionKeyJson of(AssertionKey key) {
        ObjectNode json = JsonText.object().put("audience", key.audience().value());
        put(json, "private_key_pem", key.key().map(SigningKey::value));
        put(
                json,
                "signing_algorithm",
                key.key().flatMap(SigningKey::chosen).map(SigningAlgorithm::word));
        put(json, "private_key_id", key.key().flatMap(SigningKey::keyId));
        return new AssertionKeyJson(JsonText.write(json));
    }

    AssertionKey toKey() {
        JsonNode json = JsonText.read(value);
        return new AssertionKey(
                new Issuer(JsonText.text(json, "audience")),
                optionalText(json, "private_key_pem")
                        .map(pem ->
                                new SigningKey(
                                        pem,
                                        optionalText(json, "signing_algorithm")
                                                .map(word ->
                                                        SigningAlgorithm.parse(
                                                                "signing_algorithm", word)),
                                        optionalText(json, "private_key_id"))));
    }

    @Override
    public String toString() {
        return REDACTED;
    }
}
