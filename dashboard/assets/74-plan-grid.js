/* The plan editor's grids: codes are shown as what they mean; the labels come with the grid. */
(function () {
  "use strict";
  const functions = (window.dashAgGridFunctions = window.dashAgGridFunctions || {});

  functions.labels = function (params) {
    const known = ((params.context || {}).labels || {})[params.colDef.field] || {};
    return String(params.value ?? "").split(/[,，、\s]+/).filter(Boolean).map((code) => known[code] || code).join("、");
  };
})();
