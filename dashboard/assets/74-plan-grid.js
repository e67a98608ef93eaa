/* The plan editor's grids: codes are shown and typed as what they mean; the labels come with the grid. */
(function () {
  "use strict";
  const functions = (window.dashAgGridFunctions = window.dashAgGridFunctions || {});

  const known = (params) => ((params.context || {}).labels || {})[params.colDef.field] || {};
  const parts = (value) => String(value ?? "").split(/[,，、]+/).map((part) => part.trim()).filter(Boolean);

  functions.labels = function (params) {
    const labels = known(params);
    return parts(params.value).map((code) => labels[code] || code).join("、");
  };

  /* What is typed: labels or codes, kept as codes. */
  functions.codes = function (params) {
    const codes = Object.fromEntries(Object.entries(known(params)).map(([code, label]) => [label, code]));
    return parts(params.newValue).map((part) => codes[part] || part).join(",");
  };
})();
