"""A service provider on pysaml2, driven line by line: one JSON object in, one out. It fetches nothing itself."""

import base64
import json
import logging
import sys

from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT, BINDING_SOAP
from saml2.client import Saml2Client
from saml2.config import SPConfig
from saml2.metadata import entity_descriptor
from saml2.response import StatusError
from saml2.s_utils import success_status_factory
from saml2.saml import NAMEID_FORMAT_PERSISTENT, AuthnContextClassRef, NameID
from saml2.samlp import RequestedAuthnContext
from saml2.sigver import security_context, verify_redirect_signature
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256

DESCRIPTOR = "urn:oasis:names:tc:SAML:2.0:metadata:EntityDescriptor"
BINDINGS = {"redirect": BINDING_HTTP_REDIRECT, "post": BINDING_HTTP_POST, "soap": BINDING_SOAP}


class ServiceProvider:
    def __init__(self):
        self.given = {}
        self.client = None
        self.idp = None
        self.outstanding = {}

    def configure(self, **given):
        """entityId, acs, slo, key, certificate, encryptionKey, encryptionCertificate (files)."""
        self.given = given
        return {}

    def metadata(self):
        return {"xml": str(entity_descriptor(self._config()))}

    def trust(self, file, certificate):
        """Reads the identity provider's metadata, whose signature this certificate must verify."""
        config = self._config({"local": [file]})
        with open(file, encoding="utf-8") as text:
            if not security_context(config).verify_signature(text.read(), certificate, node_name=DESCRIPTOR):
                raise ValueError("the metadata's signature does not verify")
        self.client = Saml2Client(config)
        self.idp = next(iter(self.client.metadata.with_descriptor("idpsso")))
        return {"entityId": self.idp, "certificates": len(self._certificates())}

    def authn(self, binding="redirect", nameId=None, classes=None, comparison="exact", force=False, passive=False):
        wishes = {}
        if classes:
            wishes["requested_authn_context"] = RequestedAuthnContext(
                authn_context_class_ref=[AuthnContextClassRef(text=one) for one in classes], comparison=comparison
            )
        if force:
            wishes["force_authn"] = "true"
        if passive:
            wishes["is_passive"] = "true"
        request, http = self.client.prepare_for_authenticate(
            entityid=self.idp,
            relay_state="relay & state",
            binding=BINDINGS[binding],
            nameid_format=nameId,
            sign=True,
            sigalg=SIG_RSA_SHA256,
            digest_alg=DIGEST_SHA256,
            **wishes,
        )
        self.outstanding[request] = "/"
        return {"id": request, **sent(http)}

    def response(self, message):
        found = self.client.parse_authn_request_response(message, BINDING_HTTP_POST, self.outstanding)
        if found is None:
            return {"error": "no response"}
        self.outstanding.pop(found.in_response_to, None)
        assertion = found.assertion
        statement = assertion.authn_statement[0]
        attributes = {
            attribute.name: [value.text for value in attribute.attribute_value]
            for part in assertion.attribute_statement
            for attribute in part.attribute
        }
        return {
            "nameId": name_of(found.name_id),
            "attributes": attributes,
            "known": found.ava,
            "authnContextClassRef": statement.authn_context.authn_context_class_ref.text,
            "authnInstant": statement.authn_instant,
            "sessionIndex": statement.session_index,
            "encrypted": "EncryptedAssertion" in base64.b64decode(message).decode(),
        }

    def logout(self, nameId, sessionIndex, binding="redirect"):
        destination = self._logout_location(binding)
        request, xml = self.client.create_logout_request(
            destination,
            self.idp,
            name_id=NameID(
                text=nameId["value"],
                format=nameId["format"],
                name_qualifier=nameId.get("nameQualifier"),
                sp_name_qualifier=nameId.get("spNameQualifier"),
            ),
            session_indexes=[sessionIndex],
            sign=binding != "redirect",
            sign_alg=SIG_RSA_SHA256,
            digest_alg=DIGEST_SHA256,
        )
        http = self.client.apply_binding(
            BINDINGS[binding], str(xml), destination, "out", sign=binding == "redirect", sigalg=SIG_RSA_SHA256
        )
        return {"id": request, **sent(http)}

    def logout_response(self, message, binding="redirect", parameters=None):
        if binding == "redirect":
            self._check_redirect(parameters)
        found = self.client.parse_logout_request_response(message, BINDINGS[binding])
        codes = [found.response.status.status_code.value]
        inner = found.response.status.status_code.status_code
        if inner is not None:
            codes.append(inner.value)
        return {"inResponseTo": found.in_response_to, "issuer": found.issuer(), "status": codes}

    def logout_request(self, message, binding="redirect", parameters=None):
        """Checks the identity provider's LogoutRequest and answers it."""
        if binding == "redirect":
            self._check_redirect(parameters)
        found = self.client.parse_logout_request(message, BINDINGS[binding])
        request = found.message
        response = self.client.create_logout_response(
            request,
            [BINDINGS[binding]],
            success_status_factory(),
            sign=binding != "redirect",
            sign_alg=SIG_RSA_SHA256,
            digest_alg=DIGEST_SHA256,
        )
        where = self.client.response_args(request, [BINDINGS[binding]])
        http = self.client.apply_binding(
            BINDINGS[binding],
            str(response),
            where["destination"],
            (parameters or {}).get("RelayState", ""),
            response=True,
            sign=binding == "redirect",
            sigalg=SIG_RSA_SHA256,
        )
        indexes = [index.text for index in request.session_index]
        return {"nameId": name_of(request.name_id), "sessionIndexes": indexes, **sent(http)}

    def _config(self, metadata=None):
        given = self.given
        return SPConfig().load(
            {
                "entityid": given["entityId"],
                "name": "pysaml2",
                "key_file": given["key"],
                "cert_file": given["certificate"],
                "encryption_keypairs": [
                    {"key_file": given["encryptionKey"], "cert_file": given["encryptionCertificate"]}
                ],
                "metadata": metadata or {},
                "allow_unknown_attributes": True,
                "accepted_time_diff": 5,
                "xmlsec_binary": "/usr/bin/xmlsec1",
                "service": {
                    "sp": {
                        "endpoints": {
                            "assertion_consumer_service": [(given["acs"], BINDING_HTTP_POST)],
                            "single_logout_service": [
                                (given["slo"], BINDING_HTTP_REDIRECT),
                                (given["slo"], BINDING_HTTP_POST),
                            ],
                        },
                        "name_id_format": [NAMEID_FORMAT_PERSISTENT],
                        "signing_algorithm": SIG_RSA_SHA256,
                        "digest_algorithm": DIGEST_SHA256,
                        "authn_requests_signed": True,
                        "logout_requests_signed": True,
                        "logout_responses_signed": True,
                        "want_assertions_signed": True,
                        "want_response_signed": True,
                        "allow_unsolicited": False,
                    }
                },
            }
        )

    def _certificates(self):
        return self.client.metadata.certs(self.idp, "idpsso", "signing")

    def _logout_location(self, binding):
        services = self.client.metadata.single_logout_service(self.idp, BINDINGS[binding], "idpsso")
        return services[0]["location"]

    def _check_redirect(self, parameters):
        """pysaml2 leaves the signature of the Redirect binding to its caller."""
        crypto = security_context(self.client.config).sec_backend
        for certificate in self._certificates():
            if verify_redirect_signature(dict(parameters), crypto, cert=certificate):
                return
        raise ValueError("the query's signature does not verify")


def name_of(name_id):
    return {
        "value": name_id.text,
        "format": name_id.format,
        "nameQualifier": name_id.name_qualifier,
        "spNameQualifier": name_id.sp_name_qualifier,
    }


def sent(http):
    """The address of a redirect, or a form's page."""
    if http["method"] == "POST":
        return {"url": http["url"], "page": http["data"]}
    return {"url": dict(http["headers"])["Location"]}


def main():
    logging.disable(logging.CRITICAL)
    provider = ServiceProvider()
    for line in sys.stdin:
        order = json.loads(line)
        try:
            answer = getattr(provider, order.pop("op"))(**order)
        except StatusError as error:
            answer = {"status": type(error).__name__, "error": str(error)}
        except Exception as error:  # whatever pysaml2 raises is an answer to the test
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
