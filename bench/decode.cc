// SPDX-License-Identifier: MIT OR Apache-2.0
//
// How fast replies are decoded, next to simdjson (DOM with a reused parser, on-demand) and strtod.
//
//   decode [ROUNDS]        default 9; at least 7
//
// The replies are of OpenAI's shape, 256 vectors of 1536 floats: minified and pretty-printed short
// floats (9 digits), long ones (a float printed as a double, 17 digits), base64. Ours gets the
// reply in pieces of 16 KiB, as it comes from the network, and checks it fully (see
// wire/vectors.h); the others get it whole, padded, and only read the numbers. All are run in turn
// in every round and the best round of each counts, so that another process disturbs all alike.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include <simdjson.h>

extern "C" {
#include "wire/base64.h"
#include "wire/vectors.h"
}

static const int kVectors = 256, kDims = 1536;
static const size_t kPiece = 16384;

static void die(const char *what) {
  fprintf(stderr, "decode: %s\n", what);
  exit(1);
}

enum Form { kShort, kPretty, kLong, kBase64 };

static std::string make_reply(const std::vector<float> &values, Form form) {
  const char *eol = form == kPretty ? "\n" : "";
  auto indent = [&](int n) { return form == kPretty ? std::string(n, ' ') : std::string(); };
  const char *colon = form == kPretty ? ": " : ":";
  std::string out = std::string("{") + eol + indent(2) + "\"object\"" + colon + "\"list\"," + eol +
                    indent(2) + "\"data\"" + colon + "[" + eol;
  for (int i = 0; i < kVectors; i++) {
    const float *v = values.data() + (size_t)i * kDims;
    out += indent(4) + "{" + eol + indent(6) + "\"object\"" + colon + "\"embedding\"," + eol +
           indent(6) + "\"index\"" + colon + std::to_string(i) + "," + eol + indent(6) +
           "\"embedding\"" + colon;
    if (form == kBase64) {
      std::string text(emb_base64_size(sizeof(float) * kDims), 0);
      emb_base64_encode(v, sizeof(float) * kDims, &text[0]);
      out += "\"" + text + "\"";
    } else {
      out += std::string("[") + eol;
      for (int k = 0; k < kDims; k++) {
        char text[40];
        // %.8g is what most servers' shortest floats look like in length; %.17g is a double's repr
        snprintf(text, sizeof text, form == kLong ? "%.17g" : "%.8g", (double)v[k]);
        out += indent(8) + text + (k + 1 < kDims ? "," : "") + eol;
      }
      out += indent(6) + "]";
    }
    out += eol + indent(4) + "}" + (i + 1 < kVectors ? "," : "") + eol;
  }
  out += indent(2) + "]," + eol + indent(2) + "\"model\"" + colon + "\"m\"," + eol + indent(2) +
         "\"usage\"" + colon + "{\"prompt_tokens\":8,\"total_tokens\":8}" + eol + "}";
  return out;
}

static const struct emb_reply_shape shape = {"data", "embedding", "index", "usage.total_tokens"};

struct Decoder {
  const char *name;
  std::function<void(std::vector<float> &)> run;
  double best = 1e99;
};

static void decode_base64(const char *text, size_t n, std::vector<float> &out) {
  static struct emb_buf bytes;
  emb_buf_clear(&bytes);
  if (emb_base64_decode(text, n, 0, &bytes, NULL)) die("base64");
  size_t had = out.size();
  out.resize(had + bytes.n / 4);
  memcpy(out.data() + had, bytes.data, bytes.n / 4 * 4);
}

// The least a reader by strtod can do: no structure, only the arrays.
static void with_strtod(const std::string &reply, std::vector<float> &out) {
  const char *p = reply.c_str();
  while ((p = strstr(p, "\"embedding\":"))) {
    p += 12;
    p += strspn(p, " \n");
    if (*p != '[') continue;
    p++;
    for (;;) {
      char *end;
      out.push_back((float)strtod(p, &end));
      p = end + strspn(end, " \n");
      if (*p++ != ',') break;
    }
  }
}

int main(int argc, char **argv) {
  int rounds = argc > 1 ? atoi(argv[1]) : 9;
  if (rounds < 7) rounds = 7;
  std::vector<float> values((size_t)kVectors * kDims);
  unsigned long long x = 88172645463325252ull;
  for (auto &v : values) { // like a unit vector's elements: normal, deviation 1/sqrt(dims)
    double sum = 0;
    for (int i = 0; i < 12; i++) {
      x ^= x << 13, x ^= x >> 7, x ^= x << 17;
      sum += (double)(x >> 11) / 9007199254740992.0;
    }
    v = (float)((sum - 6) / std::sqrt((double)kDims));
  }

  struct emb_vectors vectors;
  if (emb_vectors_init(&vectors, &shape, EMB_ELEMENT_FLOAT, kVectors, kDims)) die("init");
  simdjson::dom::parser dom;
  simdjson::ondemand::parser ondemand;
  printf("%-8s %-22s %8s %8s %6s\n", "reply", "decoder", "ns/float", "MB/s", "ratio");
  static const char *const names[] = {"short", "pretty", "long", "base64"};
  for (int form = kShort; form <= kBase64; form++) {
    std::string reply = make_reply(values, (Form)form);
    simdjson::padded_string padded(reply);
    std::vector<Decoder> decoders;
    decoders.push_back(
        {"ours", [&](std::vector<float> &) {
           emb_vectors_begin(&vectors);
           for (size_t i = 0; i < reply.size(); i += kPiece)
             if (emb_vectors_write(&vectors, reply.data() + i, std::min(kPiece, reply.size() - i)))
               die(vectors.err.message);
           if (emb_vectors_end(&vectors)) die(vectors.err.message);
         }});
    decoders.push_back({"simdjson DOM", [&](std::vector<float> &out) {
                          simdjson::dom::element doc = dom.parse(padded);
                          for (auto item : doc["data"].get_array()) {
                            simdjson::dom::element e = item["embedding"];
                            if (e.is_string()) {
                              std::string_view text = e.get_string();
                              decode_base64(text.data(), text.size(), out);
                            } else {
                              for (auto v : e.get_array()) out.push_back((float)v.get_double());
                            }
                          }
                        }});
    decoders.push_back({"simdjson on-demand", [&](std::vector<float> &out) {
                          simdjson::ondemand::document doc = ondemand.iterate(padded);
                          for (auto item : doc["data"].get_array()) {
                            simdjson::ondemand::value e = item["embedding"];
                            if (e.type() == simdjson::ondemand::json_type::string) {
                              std::string_view text = e.get_string();
                              decode_base64(text.data(), text.size(), out);
                            } else {
                              for (auto v : e.get_array()) out.push_back((float)v.get_double());
                            }
                          }
                        }});
    if (form == kShort || form == kLong)
      decoders.push_back({"strtod", [&](std::vector<float> &out) { with_strtod(reply, out); }});
    std::vector<float> out;
    out.reserve(values.size());
    for (int round = 0; round < rounds; round++)
      for (auto &decoder : decoders) {
        // Three in a row: the first warms caches and branch predictors for this decoder.
        for (int again = 0; again < 3; again++) {
          out.clear();
          auto start = std::chrono::steady_clock::now();
          decoder.run(out);
          std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
          decoder.best = std::min(decoder.best, took.count());
        }
        const float *got = &decoder == &decoders[0] ? vectors.floats.data : out.data();
        size_t n = &decoder == &decoders[0] ? vectors.floats.n : out.size();
        if (n != values.size()) die("wrong count");
        for (size_t i = 0; i < n; i++) {
          float want = values[i];
          if (form == kShort || form == kPretty) { // 8 digits do not give every float back
            char text[40];
            if (round || i % 97) continue;
            snprintf(text, sizeof text, "%.8g", (double)want);
            want = (float)strtod(text, NULL);
          }
          if (got[i] != want) die("wrong float");
        }
      }
    double best_other = std::min(decoders[1].best, decoders[2].best);
    for (auto &decoder : decoders)
      printf("%-8s %-22s %8.2f %8.0f %6.2f\n", names[form], decoder.name,
             decoder.best * 1e9 / (double)values.size(), (double)reply.size() / decoder.best / 1e6,
             decoder.best / best_other);
    printf("%-8s ours/simdjson (its better one): %.2f\n", names[form],
           decoders[0].best / best_other);
    fflush(stdout);
  }
  emb_vectors_release(&vectors);
  return 0;
}
