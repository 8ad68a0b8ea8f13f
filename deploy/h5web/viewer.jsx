// H5Web on our own addresses, alone on its page: in a frame it draws under no style but its own.
import { App, createBasicFetcher, H5GroveProvider, hasArrayShape, hasNumericType } from "@h5web/app";
import { createRoot } from "react-dom/client";
import "@h5web/app/styles.css";
import "./viewer.css";

const SIDEBAR_FROM_PX = 700;
const FROM_SERVER = new Set(["npy", "tiff"]);

// Our addresses end with a slash, those that H5Web makes do not; asked so, each would be answered with where to ask.
const ask = createBasicFetcher();
const fetcher = (address, ...more) => ask(`${address}/`, ...more);

// Numbers are saved as the server writes them; what H5Web writes itself it also saves itself.
function exporting(address) {
  return (format, dataset, selection, written) => {
    if (written || !FROM_SERVER.has(format) || !hasArrayShape(dataset) || !hasNumericType(dataset)) return undefined;
    const asked = new URLSearchParams({ path: dataset.path, format, ...(selection && { selection }) });
    return new URL(`${address}/data/?${asked}`);
  };
}

const place = document.getElementById("h5web");
// The export of a dataset needs an address with its host.
const address = new URL(place.dataset.address, document.baseURI).href;
createRoot(place).render(
  <H5GroveProvider url={address} filepath={place.dataset.file} fetcher={fetcher} getExportURL={exporting(address)}>
    <App initialPath={place.dataset.path} sidebarOpen={place.clientWidth >= SIDEBAR_FROM_PX} />
  </H5GroveProvider>,
);
