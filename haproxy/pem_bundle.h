#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "haproxy/errc.h"

namespace haproxy {

/// What HAProxy loads as one certificate: private key, leaf, then intermediates, each the issuer of
/// the one before. Only the blocks, lines of 64 characters ending in LF, no empty line: an empty
/// line would end the payload of `set ssl cert` and lose the chain without an error. A value; it
/// has a private key, so never log it.
class PemBundle {
 public:
  /// From a document with one unencrypted private key and 1 to 16 certificates, the leaf first, at
  /// most 1 MiB. Text between blocks, CR, indentation and `EC PARAMETERS` are dropped; the key may
  /// stand anywhere. Whether the key belongs to the leaf is not checked: that takes cryptography.
  static base::Result<PemBundle, DocumentError> parse(std::string_view document);
  /// From a key and a chain as ACME delivers them; an error says which of the two it means.
  static base::Result<PemBundle, DocumentError> make(std::string_view key_pem,
                                                     std::string_view chain_pem);

  const std::string& text() const { return text_; }    ///< ends in LF
  std::size_t certificates() const { return count_; }  ///< leaf and intermediates

  friend bool operator==(const PemBundle&, const PemBundle&) = default;

 private:
  PemBundle(std::string text, std::size_t count) : text_(std::move(text)), count_(count) {}
  std::string text_;
  std::size_t count_;
};

}  // namespace haproxy
