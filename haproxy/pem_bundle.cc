#include "haproxy/pem_bundle.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/encoding.h"
#include "haproxy/pem_blocks.h"
#include "haproxy/x509_names.h"

namespace haproxy {
namespace {

using base::Result;
using base::Unexpected;

constexpr std::size_t max_bundle = 1 << 20;
constexpr std::size_t max_certificates = 16;
constexpr std::size_t max_blocks = max_certificates + 2;  // with key and EC PARAMETERS
constexpr std::string_view certificate_label = "CERTIFICATE";

bool is_key(std::string_view label) {
  return label == "PRIVATE KEY" || label == "EC PRIVATE KEY" || label == "RSA PRIVATE KEY";
}

struct Parts {
  std::optional<PemBlock> key;
  std::vector<PemBlock> chain;
};

/// Puts the block where it belongs, or says why it does not belong anywhere.
std::string sort_in(Parts& parts, PemBlock block) {
  if (is_key(block.label)) {
    if (parts.key) return "a second private key";
    parts.key = std::move(block);
  } else if (block.label == certificate_label) {
    parts.chain.push_back(std::move(block));
  } else if (block.label == "ENCRYPTED PRIVATE KEY") {
    return "the private key is encrypted; decrypt it first";
  } else if (block.label != "EC PARAMETERS") {
    return "a block with the unknown label \"" + block.label + "\"";
  }
  return {};
}

Result<Parts, DocumentError> parse_parts(std::string_view document) {
  if (document.size() > max_bundle) return document_failure(0, "larger than 1 MiB");
  auto blocks = parse_pem_blocks(document, max_blocks);
  if (!blocks) return Unexpected(std::move(blocks).error());
  Parts parts;
  for (PemBlock& block : *blocks) {
    const std::size_t line = block.line;
    if (std::string detail = sort_in(parts, std::move(block)); !detail.empty())
      return document_failure(line, std::move(detail));
  }
  return parts;
}

std::optional<X509Names> names_of(const PemBlock& block) {
  std::string text = block.base64.substr(0, block.base64.find('='));
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  const auto der = base::decode_base64url(text);
  return der ? parse_x509_names(*der) : std::nullopt;
}

/// HAProxy takes the first certificate for the leaf and sends the rest as they are; clients want
/// each to be the issuer of the one before (RFC 8446 §4.4.2).
Result<void, DocumentError> check_order(const std::vector<PemBlock>& chain) {
  std::optional<X509Names> previous;
  for (const PemBlock& block : chain) {
    auto names = names_of(block);
    if (!names) return document_failure(block.line, "the block is no certificate");
    if (previous && previous->issuer != names->subject)
      return document_failure(block.line, "the certificate is not the issuer of the one before it");
    previous = std::move(names);
  }
  return {};
}

Result<std::string, DocumentError> join(const Parts& parts) {
  if (!parts.key) return document_failure(0, "there is no private key");
  if (parts.chain.empty()) return document_failure(0, "there is no certificate");
  if (parts.chain.size() > max_certificates)
    return document_failure(0, "more than 16 certificates");
  if (auto ordered = check_order(parts.chain); !ordered)
    return Unexpected(std::move(ordered).error());
  std::string text = encode_pem_block(*parts.key);
  for (const PemBlock& block : parts.chain) text += encode_pem_block(block);
  return text;
}

}  // namespace

Result<PemBundle, DocumentError> PemBundle::parse(std::string_view document) {
  const auto parts = parse_parts(document);
  if (!parts) return Unexpected(parts.error());
  auto text = join(*parts);
  if (!text) return Unexpected(std::move(text).error());
  return PemBundle(std::move(*text), parts->chain.size());
}

Result<PemBundle, DocumentError> PemBundle::make(std::string_view key_pem,
                                                 std::string_view chain_pem) {
  auto key = parse_parts(key_pem);
  if (!key) return document_failure(key.error().line, "private key: " + key.error().detail);
  if (!key->chain.empty())
    return document_failure(0, "private key: there is a certificate beside it");
  auto chain = parse_parts(chain_pem);
  if (!chain) return document_failure(chain.error().line, "chain: " + chain.error().detail);
  if (chain->key) return document_failure(chain->key->line, "chain: there is a private key in it");
  chain->key = std::move(key->key);
  auto text = join(*chain);
  if (!text) return Unexpected(std::move(text).error());
  return PemBundle(std::move(*text), chain->chain.size());
}

}  // namespace haproxy
